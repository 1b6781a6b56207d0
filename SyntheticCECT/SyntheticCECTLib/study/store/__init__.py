"""Where reads are kept: a database of tasks, drafts and reads that nothing overwrites."""
