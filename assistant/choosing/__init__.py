"""Choosing a model: constraints, abilities with uncertainty, picks with reasons, comparison."""
