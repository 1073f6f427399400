"""The nets of the service: in its own process, or shared on a Ray cluster."""
