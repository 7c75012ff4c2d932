"""A case from its actions: the fold, who may do what, queue order. Values in, values out; no database, no network."""
