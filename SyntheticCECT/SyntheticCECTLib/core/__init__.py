"""What the extension computes: images in, images and numbers out; no Slicer, no Qt, no VTK."""
