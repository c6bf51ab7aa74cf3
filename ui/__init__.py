"""The chat page: events to messages, charts, tabs, texts in both languages."""
