"""Measure the speed of the pipeline and of its stages on this machine."""
