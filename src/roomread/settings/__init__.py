"""What an operator can set, and where the user's files lie."""
