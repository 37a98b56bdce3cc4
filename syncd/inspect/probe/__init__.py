"""What public documents leave open, as questions that a live counter can answer (docs/operations.md)."""
