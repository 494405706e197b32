"""What writers do to a questionnaire: write it, and once it was asked change it by recorded steps."""
