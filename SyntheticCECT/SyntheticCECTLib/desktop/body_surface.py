"""Body surface area, which volumes are divided by to compare people of different size."""

from __future__ import annotations

import math

LEAST_CM, LEAST_KG = 50.0, 3.0


def body_surface_m2(height_cm: float, weight_kg: float) -> float | None:
    """sqrt(height x weight / 3600), by Mosteller (N Engl J Med 1987; 317: 1098).

    Returns:
        Square metres; ``None`` where height or weight is not given or impossible.
    """
    if height_cm < LEAST_CM or weight_kg < LEAST_KG:
        return None
    return math.sqrt(height_cm * weight_kg / 3600.0)
