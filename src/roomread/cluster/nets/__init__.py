"""Run nets on a Ray cluster, where several services share them."""
