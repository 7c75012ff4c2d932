"""How logs reach central and how central's answers come back: up, down, claims, asks, the worker's ingest.

May import db, cases, action_log, clock, identity; never Textual.
"""
