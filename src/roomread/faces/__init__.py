"""Find, cut and judge faces."""
