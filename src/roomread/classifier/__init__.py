"""What a crop shows, and how sure that is."""
