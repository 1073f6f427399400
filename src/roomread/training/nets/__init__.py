"""The nets, one file a family."""
