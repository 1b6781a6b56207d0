"""Several readers at once: a page that gives each visitor a reading room, a process, of their own."""
