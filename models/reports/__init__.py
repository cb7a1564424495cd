"""What the company asks of its own records: figures for people, proofs for everybody."""
