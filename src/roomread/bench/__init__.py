"""How fast this machine reads rooms, and where the time goes."""
