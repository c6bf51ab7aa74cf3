"""Measured figures: `make bench` runs every bench_*.py here and writes results.md."""
