"""One converter per family of formats: bytes -> blocks. Only index/documents.py calls them."""
