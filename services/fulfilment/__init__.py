"""Find, export, erase, consent over data systems, and the durable engine. Imported by desk, commands and the worker."""
