"""Evidence to prose: templates in both languages, one module per tool; a chat model may only rephrase what is here."""
