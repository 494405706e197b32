"""A study's questionnaire and panel as a spreadsheet: read, written, and copied into a new study."""
