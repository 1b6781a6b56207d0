"""How well two segmentations or two images agree."""
