"""Tissues of a virtual patient and their values in HU, with and without contrast agent."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from scipy.special import ndtr

from .xray import iodine_hu_per_mg_ml


class Tissue(IntEnum):
    AIR = 0
    TABLE = 1
    SKIN = 2
    FAT = 3
    MUSCLE = 4
    GLAND = 5
    BONE = 6
    MARROW = 7
    CARTILAGE = 8
    SPINAL_CANAL = 9
    LUNG = 10
    AIRWAY = 11
    LESION = 12
    ABDOMEN = 13
    LIVER = 14
    STOMACH = 15
    SPLEEN = 16
    MEDIASTINUM = 17
    OESOPHAGUS = 18
    LUNG_VESSEL = 19
    MYOCARDIUM = 20
    WALL = 21
    LV = 22
    PAPILLARY = 23
    LA = 24
    RV = 25
    RA = 26
    AORTA = 27
    PULMONARY_ARTERY = 28
    PULMONARY_VEIN = 29
    VENA_CAVA = 30
    CORONARY = 31
    CALCIUM = 32
    METAL = 33


MINERAL = [Tissue.BONE, Tissue.CALCIUM, Tissue.MARROW]
LEFT_ATRIUM = (Tissue.LA,)
LEFT_VENTRICLE = (Tissue.LV, Tissue.PAPILLARY)
BLOOD = (
    Tissue.LV, Tissue.LA, Tissue.RV, Tissue.RA, Tissue.AORTA, Tissue.PULMONARY_ARTERY,
    Tissue.PULMONARY_VEIN, Tissue.VENA_CAVA, Tissue.CORONARY, Tissue.LUNG_VESSEL,
)  # fmt: skip

# Means at 120 kVp from usual clinical ranges: lung -850..-700, fat -120..-80, muscle 40..65, liver 45..65.
_NATIVE_HU = {
    Tissue.AIR: -1000, Tissue.TABLE: -350, Tissue.SKIN: 0, Tissue.FAT: -100, Tissue.MUSCLE: 52, Tissue.GLAND: 5,
    Tissue.BONE: 620, Tissue.MARROW: 180, Tissue.CARTILAGE: 110, Tissue.SPINAL_CANAL: 30, Tissue.LUNG: -840,
    Tissue.AIRWAY: -980, Tissue.LESION: 25, Tissue.ABDOMEN: -95, Tissue.LIVER: 55, Tissue.STOMACH: 15,
    Tissue.SPLEEN: 46, Tissue.MEDIASTINUM: -90, Tissue.OESOPHAGUS: 30, Tissue.CALCIUM: 500, Tissue.METAL: 2600,
}  # fmt: skip


# Blood against the heart's muscle in HU, from severe anaemia to polycythaemia.
CONTRAST_RANGE_HU = (-20.0, 10.0)


def native_hu(rng: np.random.Generator, variety: float, even_contrast: bool = False) -> np.ndarray:
    """Draws the tissue table of a CT without contrast.

    Args:
        rng: Source of randomness.
        variety: 1 gives realistic spreads; training uses more (domain randomisation).
        even_contrast: Draws blood against muscle evenly over `CONTRAST_RANGE_HU`, and nothing else anew: for training, so
            that muscle darker than blood, which is rare, is learnt as well.

    Returns:
        HU of each tissue, ``(len(Tissue),)`` float32. All blood has one value, from the haematocrit.
    """
    hu = np.zeros(len(Tissue), np.float32)
    for tissue, mean in _NATIVE_HU.items():
        hu[tissue] = mean + rng.normal(0, 7 * variety)
    for tissue, spread in ((Tissue.LUNG, 45), (Tissue.BONE, 120), (Tissue.MARROW, 60), (Tissue.TABLE, 200),
                           (Tissue.CALCIUM, 250), (Tissue.CARTILAGE, 40), (Tissue.STOMACH, 40), (Tissue.SKIN, 20)):  # fmt: skip
        hu[tissue] += rng.normal(0, spread * variety**0.5)
    hu[Tissue.MEDIASTINUM] = hu[Tissue.FAT] + abs(rng.normal(8, 10 * variety))
    # Blood attenuates in proportion to its haematocrit, about 8 HU + 0.85 HU per percent.
    haematocrit_percent = np.clip(rng.normal(41, 5), 22, 58)
    blood = 8 + 0.85 * haematocrit_percent + rng.normal(0, 4 * (variety - 1) + 1)
    hu[list(BLOOD)] = blood
    # The heart's muscle holds little blood and keeps its value: in anaemia it stands out, in polycythaemia it vanishes.
    muscle = rng.normal(50, 3 * variety)
    if even_contrast:
        darkest, brightest = CONTRAST_RANGE_HU
        muscle = blood - brightest + (brightest - darkest) * ndtr((muscle - 50) / (3 * variety))
    hu[Tissue.MYOCARDIUM] = hu[Tissue.PAPILLARY] = muscle
    hu[Tissue.WALL] = muscle - abs(rng.normal(3, 3 * variety))
    return hu


def cect_hu(rng: np.random.Generator, native: np.ndarray, kilovolt: float) -> np.ndarray:
    """Tissue table of the same patient in the arterial phase.

    Iodine in the left heart follows arterial timing: highest in left heart and aorta, lower in the right heart.

    Args:
        rng: Source of randomness.
        native: Table of :func:`native_hu`.
        kilovolt: Tube voltage of the CECT, 80 to 120.
    """
    per_mg = iodine_hu_per_mg_ml(kilovolt)
    # Agent dose falls with tube voltage in practice, so that enhancement rises less than attenuation does.
    left_mg_ml = np.clip(rng.normal(13.0, 2.2), 8.5, 19) * (26.0 / per_mg) ** 0.6
    shares = {
        Tissue.LV: rng.uniform(0.96, 1.04), Tissue.LA: rng.uniform(0.95, 1.08), Tissue.AORTA: rng.uniform(0.95, 1.04),
        Tissue.CORONARY: rng.uniform(0.8, 1.0), Tissue.PULMONARY_VEIN: rng.uniform(0.95, 1.1),
        Tissue.MYOCARDIUM: rng.uniform(0.12, 0.24), Tissue.LIVER: rng.uniform(0.0, 0.08),
        Tissue.SPLEEN: rng.uniform(0.1, 0.3), Tissue.MUSCLE: rng.uniform(0.0, 0.04), Tissue.WALL: rng.uniform(0.08, 0.2),
    }  # fmt: skip
    right = np.clip(rng.normal(0.38, 0.15), 0.12, 0.7)
    shares |= {
        Tissue.RV: right, Tissue.RA: right * rng.uniform(0.8, 1.3), Tissue.VENA_CAVA: right * rng.uniform(0.7, 1.9),
        Tissue.PULMONARY_ARTERY: min(0.9, right * rng.uniform(1.0, 1.6)), Tissue.LUNG_VESSEL: rng.uniform(0.5, 0.9),
    }  # fmt: skip
    hu = native.copy()
    for tissue, share in shares.items():
        hu[tissue] += left_mg_ml * per_mg * share
    hu[Tissue.PAPILLARY] = hu[Tissue.MYOCARDIUM]
    hu[MINERAL] = at_kilovolt(native, kilovolt)[MINERAL]
    return hu


def at_kilovolt(native: np.ndarray, kilovolt: float) -> np.ndarray:
    """Table of :func:`native_hu`, which holds at 120 kVp, at another tube voltage.

    Calcium and bone harden with lower voltage (photoelectric effect), about as iodine's own rise to the power 0.6. Fat
    darkens: by 2.2 HU for each keV of mean energy from 60 down to 50 keV (NIST attenuation of adipose tissue at
    0.95 g/mL against water), and mean energy falls by about 5 keV for 20 kVp.
    """
    hu = native.copy()
    hu[MINERAL] *= (iodine_hu_per_mg_ml(kilovolt) / iodine_hu_per_mg_ml(120)) ** 0.6
    hu[[Tissue.FAT, Tissue.ABDOMEN, Tissue.MEDIASTINUM]] -= 2.2 * 5 * (120 - kilovolt) / 20
    return hu
