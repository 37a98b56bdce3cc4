"""What of a page is news, and when a chunk is full."""
