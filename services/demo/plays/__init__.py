"""Three calls played from end to end, with what must hold looked at from outside. Imported by demo/play.py only."""
