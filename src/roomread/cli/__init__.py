"""The commands of `roomread`, with one module for each command."""
