"""The command line's commands, a module per group: parse, call, print."""
