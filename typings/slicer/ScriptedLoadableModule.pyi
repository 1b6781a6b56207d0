# Slicer's Python package: its classes carry no types, and most of it exists inside Slicer only.
from typing import Any

def __getattr__(name: str) -> Any: ...
