"""What is known (models, GPUs, licences, guides, glossary) and the code that reads it."""
