"""The evidence: acts, entries, Merkle tree, checkpoints, proofs, sealing, verifier. No database, no network."""
