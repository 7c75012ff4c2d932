"""The stores: log files, the terminal's desk.db, central. Imported by services; imports no room of the house."""
