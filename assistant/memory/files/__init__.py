"""What files tell of a model: GGUF and config.json, which may be hostile; and the header that llama.cpp is given."""
