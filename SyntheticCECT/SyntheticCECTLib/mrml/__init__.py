"""Results as nodes of a Slicer scene, the same headless and in the desktop; the scene is always passed in."""
