"""Videos and pictures of strangers, read in processes that can be killed."""
