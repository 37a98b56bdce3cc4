"""What a person asks of syncd: check, preview, explain, audit, rewind.

May use pipeline and what is below it. Begin with `compare.py`: rows of the source held against the ledger.
"""
