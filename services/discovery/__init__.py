"""Drafting the catalog from a live database, the review of a draft, and drift. Used by the worker and the shell."""
