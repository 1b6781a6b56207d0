"""A case on the screen: linked slice views and 3D, images and windows, the live threshold, agreement."""
