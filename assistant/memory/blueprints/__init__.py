"""The weight tensors of a model, per llama.cpp architecture, from hyperparameters alone."""
