"""An archive of recordings to Parquet, on one machine or on many."""
