"""Observer-comparison studies: designed, read by people, analysed; no user interface."""
