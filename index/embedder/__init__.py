"""The built-in embedder: its weights beside the recipe and pairs that train it."""
