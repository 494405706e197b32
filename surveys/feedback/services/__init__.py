"""Closing a round, releasing its result, and what follows from it."""
