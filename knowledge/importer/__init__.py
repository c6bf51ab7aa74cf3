"""Regenerate the catalog's entries from fact tables: `python -m knowledge.importer TABLES_FOLDER`.

The tables are CSV files of facts (layer counts, prices, dates, scores), each with its origin. Every figure is restated
with its source and date; prose is never carried over. Hand-made corrections (knowledge/corrections/*.toml) are laid
over the result, so they survive a refresh. Where two sources disagree, the report says so. The table of GPUs is
written apart (gpus.py).
"""
