"""Question in, grounded answer out: hardware, memory, ranking, tools, reader, writer, command line."""
