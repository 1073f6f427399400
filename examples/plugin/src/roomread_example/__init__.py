"""Example plug-ins for Roomread: a detector, a net, a tracker and a format."""
