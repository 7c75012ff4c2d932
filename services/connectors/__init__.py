"""Data systems behind one small interface (base.py), one file a kind. Only workers and commands import it."""
