"""What may happen to the evidence and to the meetings of a study."""
