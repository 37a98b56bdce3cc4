"""From pages to chunks: which rows of a page are news, and when a chunk is full."""
