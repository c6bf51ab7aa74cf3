"""The machine a model is to run on: detected on this computer, or as the person states it."""
