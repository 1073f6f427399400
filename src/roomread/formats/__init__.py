"""Write and read readings and sessions in all file formats."""
