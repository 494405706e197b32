"""How `surveys.workbooks.cells` ends, for both sides: neither loads what the other one needs."""

UNREADABLE = 1
TOO_MUCH = 3
"""The cells hold more text than any study needs."""
