"""Which rows are read: forward from the mark, and behind it what was committed late."""
