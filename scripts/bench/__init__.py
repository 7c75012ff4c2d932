"""Benches: each builds what it measures, needs only requirements.lock and ends with one line of JSON."""
