"""The report of an observer study: page, tables, and scores for other programs."""
