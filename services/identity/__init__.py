"""Who is asking: factors, tiers, led checklists, comparing answers (rules.md 7). Pure: no store, no network, no screen.

`cases`, `desk`, `fulfilment` and `training` may import it. Nothing here hands an expected value back to a caller.
"""
