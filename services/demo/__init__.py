"""The demo contact centre: people, their data systems, cases. Imported by the command line and tests only."""
