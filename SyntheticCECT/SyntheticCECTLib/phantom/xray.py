"""What iodine adds to the attenuation of blood at a tube voltage.

Mass attenuation coefficients: Hubbell and Seltzer, NIST Standard Reference Database 126.
"""

from __future__ import annotations

import numpy as np

_ENERGY_KEV = np.array([40.0, 50.0, 60.0, 80.0, 100.0])
_IODINE_CM2_G = np.array([22.10, 12.32, 7.579, 3.510, 1.942])
_WATER_CM2_G = np.array([0.2683, 0.2269, 0.2059, 0.1837, 0.1707])

# Effective energies of filtered clinical spectra after a chest's thickness of tissue.
_KILOVOLT = np.array([80.0, 100.0, 120.0])
_EFFECTIVE_KEV = np.array([57.0, 64.0, 70.0])


def iodine_hu_per_mg_ml(kilovolt: float) -> float:
    """Rise in HU for each mg of iodine in a mL of blood.

    Args:
        kilovolt: Tube voltage, 80 to 120 kV.

    Raises:
        ValueError: The voltage is outside the tabulated range.
    """
    if not 80 <= kilovolt <= 120:
        raise ValueError(f"Tube voltage {kilovolt} kV is outside the tabulated 80 to 120 kV.")
    energy = np.log(np.interp(kilovolt, _KILOVOLT, _EFFECTIVE_KEV))
    iodine = np.exp(np.interp(energy, np.log(_ENERGY_KEV), np.log(_IODINE_CM2_G)))
    water = np.exp(np.interp(energy, np.log(_ENERGY_KEV), np.log(_WATER_CM2_G)))
    return float(1000.0 * 1e-3 * iodine / water)
