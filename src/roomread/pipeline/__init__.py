"""The order of the stages: pictures in, readings out."""
