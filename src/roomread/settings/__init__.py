"""What an operator can set, and where a user's files are kept."""
