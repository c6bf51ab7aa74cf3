"""How fast a model answers and reads a prompt, and the figures that this rests on."""
