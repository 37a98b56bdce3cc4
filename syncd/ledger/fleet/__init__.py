"""Which daemon runs which query: leases and how they are shared."""
