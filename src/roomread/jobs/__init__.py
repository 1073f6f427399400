"""Read untrusted videos and pictures in processes that can be killed."""
