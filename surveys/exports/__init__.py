"""A study's tables, and files of its frozen results: counts and summaries, never a row for a person."""
