"""Personal data a note does not need: local rules over text. Imported by desk and demo; knows no database."""
