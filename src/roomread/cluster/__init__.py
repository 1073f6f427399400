"""Work on a Ray cluster: reading archives, sharing nets between services, training."""
