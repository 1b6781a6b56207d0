"""The panel in the desktop application; the only room, with the module file, that needs qt, ctk and slicer.app."""
