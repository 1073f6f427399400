"""From a data set to a model file. Needs the extra `train`."""
