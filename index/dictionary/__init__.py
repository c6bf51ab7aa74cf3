"""A Japanese-English dictionary for search: which everyday words of both languages say the same."""
