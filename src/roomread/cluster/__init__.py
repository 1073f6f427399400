"""Ray: the archive, shared nets, training."""
