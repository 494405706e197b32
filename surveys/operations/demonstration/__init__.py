"""The demonstration: a published study run again with simulated answers, and synthetic studies of any size."""
