"""What is wrong with a home, and what to do about it; changes nothing. Imported by the command line only."""
