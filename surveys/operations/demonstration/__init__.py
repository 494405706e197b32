"""The demonstration: a published study run again with simulated ratings, and synthetic studies of any size."""
