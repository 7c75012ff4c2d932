"""The desk as numbered prompts on lines that are only added to: for screen readers and bad lines (rules.md 10.3).

The words are those of the other screens. Nothing here draws, moves a cursor or knows the terminal: the console reads
and writes.
"""
