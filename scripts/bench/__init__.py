"""Benches: each builds what it measures, needs only requirements.lock, ends with one line of JSON. Imports all rooms."""
