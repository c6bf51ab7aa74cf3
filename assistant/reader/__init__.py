"""The built-in reader: question to tool call; its weights beside the recipe and phrases that train it."""
