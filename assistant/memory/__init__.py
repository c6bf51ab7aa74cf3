"""Memory and speed: what a model takes, where it fits, how fast it runs, what training it takes."""
