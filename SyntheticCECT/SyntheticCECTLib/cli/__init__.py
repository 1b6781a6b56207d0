"""The command line ``synthetic-cect``: files in, files out."""
