"""Letters: templates by language, the Art 15 facts, delivery. Imported by desk and fulfilment; knows no database."""
