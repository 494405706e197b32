"""The verbs of a round: prepare, open, save, submit, remind, extend, cancel."""
