"""What training a model takes, what holds it, and what to change when it is short."""
