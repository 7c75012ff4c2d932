"""Legal dates: received, due, extended (rules.md 2). Pure: no store, no network. Anyone in services may import it."""
