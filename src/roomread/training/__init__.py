"""Train nets on a data set and write model files. Needs the extra `train`."""
