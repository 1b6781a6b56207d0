# Slicer's Qt, which exists inside Slicer only.
from typing import Any

def __getattr__(name: str) -> Any: ...
