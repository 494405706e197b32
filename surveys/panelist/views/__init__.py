"""The pages of panelists."""
