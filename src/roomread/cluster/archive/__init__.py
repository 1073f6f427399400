"""Read an archive of recordings into Parquet files, on one machine or on many."""
