"""The documented flow: its steps, which message belongs to which, and what became of each."""
