"""Scripted calls to learn on: the scenario language, the caller, the score, the training home and a call that is on.

Stands above the desk; only `console` may import it, and nothing in services.
"""
