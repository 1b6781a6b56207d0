"""The reading room: SyntheticCECT in a browser, on Slicer's own scene, views and segment editor."""
