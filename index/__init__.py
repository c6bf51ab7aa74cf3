"""Documents in any format to passages, vectors and terms in Chroma; search and sync."""
