"""Descriptions of data systems: datasets, graph, values, masks. Pure: no database, no network; all may import it."""
