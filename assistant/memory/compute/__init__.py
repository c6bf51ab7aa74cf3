"""The compute buffer: scratch memory llama.cpp reserves for one batch, on a processor and on GPUs."""
