"""The command line: one file per command; says, asks and exits, and decides nothing else."""
