"""From a file, a folder or nothing to a case on the screen: what is opened, and the work that runs beside the server."""
