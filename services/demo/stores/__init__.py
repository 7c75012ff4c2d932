"""One file a demo data system: the rows that fill it. Imported by services.demo only."""
