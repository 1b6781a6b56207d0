"""How well two registered scans agree, and whether that can be one patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from .mutual_information import MutualInformation, Rigid
from .working_copy import WorkingCopy

Quality = dict[str, float | None]
_SMALLEST_LUNG_ML = 200.0


@dataclass(frozen=True)
class Limits:
    """What counts as plausible.

    Attributes:
        translation_mm: Largest movement of the centre of the body.
        rotation_deg: Largest total angle.
        normalized_mutual_information: Smallest share of the native scan's information that the CECT tells.
        lung_dice: Smallest agreement of the lungs, where not so much is told that they do not count.
        convincing_information: Share of the native scan's information from which on lungs do not count: a small field of
            view cuts them open, and a slice of them may then be taken for outer air in one of the scans. Of 40 virtual
            patients the same one tells 0.47 to 0.58, another one 0.07 to 0.17. Shifted by 10 mm he tells 0.31 to 0.35,
            where the lungs still agree by 0.89: so it is the stricter of the two. Not tried on real pairs.
        overlap: Smallest share of the smaller body that both scans show.
    """

    translation_mm: float = 60.0
    rotation_deg: float = 15.0
    normalized_mutual_information: float = 0.15
    lung_dice: float = 0.80
    convincing_information: float = 0.35
    overlap: float = 0.25


def measure(
    fixed: WorkingCopy, moving: WorkingCopy, information: MutualInformation, still: Rigid, movement: Rigid
) -> Quality:
    """Numbers that describe a registration.

    Returns:
        ``mutual_information_before`` and ``mutual_information_after`` (nats, at the same places of the
        native body), ``normalized_mutual_information`` (after, divided by the native scan's entropy, 0 to
        1), ``body_dice`` and ``lung_dice`` (over what both scans show; lungs: None where less than 200 mL
        are seen), ``translation_mm`` (of the centre of the native body), ``rotation_deg`` (total angle),
        ``overlap`` (share of the smaller body that both scans show).
    """
    before, _ = information(still)
    after, _ = information(movement)
    transform = movement.as_transform()
    shown = _mask(_seen(moving.body, fixed.image, transform))
    body, other_body = _mask(fixed.body), _moved(moving.body, fixed.image, transform)
    lungs, other_lungs = _mask(fixed.lungs) & shown, _moved(moving.lungs, fixed.image, transform)
    voxel_ml = float(np.prod(fixed.image.GetSpacing())) / 1000.0
    moving_ml = float(_mask(moving.body).sum()) * float(np.prod(moving.image.GetSpacing())) / 1000.0
    seen_ml = float((body & shown).sum()) * voxel_ml
    enough_lung = min(lungs.sum(), other_lungs.sum()) * voxel_ml >= _SMALLEST_LUNG_ML
    angle = np.rad2deg(np.linalg.norm(Rotation.from_matrix(movement.matrix()).as_rotvec()))
    return {
        "mutual_information_before": before,
        "mutual_information_after": after,
        "normalized_mutual_information": after / max(information.entropy(movement), 1e-9),
        "body_dice": _dice(body & shown, other_body),
        "lung_dice": _dice(lungs, other_lungs) if enough_lung else None,
        "translation_mm": float(np.linalg.norm(movement.parameters[3:])),
        "rotation_deg": float(angle),
        "overlap": min(1.0, seen_ml / max(min(float(body.sum()) * voxel_ml, moving_ml), 1e-9)),
    }


def judge(quality: Quality, limits: Limits) -> tuple[str, ...]:
    """What speaks against a registration, one sentence each; empty when nothing does."""
    reasons, information = [], quality["normalized_mutual_information"]
    for name, words, unit, limit, is_largest in (
        ("translation_mm", "The scans would have to be shifted by", " mm", limits.translation_mm, True),
        ("rotation_deg", "The scans would have to be turned by", " degrees", limits.rotation_deg, True),
        ("overlap", "The share of the body that both scans show is", "", limits.overlap, False),
        ("lung_dice", "The overlap (Dice) of the lungs is", "", limits.lung_dice, False),
        (
            "normalized_mutual_information",
            "The share of one scan that the other explains is",
            "",
            limits.normalized_mutual_information,
            False,
        ),
    ):
        value = quality[name]
        if name == "lung_dice" and information is not None and information >= limits.convincing_information:
            continue
        if value is None or (value <= limit if is_largest else value >= limit):
            continue
        bound = "at most" if is_largest else "at least"
        digits = 0 if unit else 2
        reasons.append(
            f"{words} {value:.{digits}f}{unit}; {bound} {limit:g}{unit} is expected in one patient."
        )
    return tuple(reasons)


def _mask(mask: sitk.Image) -> np.ndarray:
    # Compared while the image is held here: a view of an image that nobody holds is a view of freed memory.
    return sitk.GetArrayViewFromImage(mask) > 0


def _moved(mask: sitk.Image, grid: sitk.Image, transform: sitk.Transform) -> np.ndarray:
    return _mask(sitk.Resample(mask, grid, transform, sitk.sitkNearestNeighbor, 0))


def _seen(image: sitk.Image, grid: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    everywhere = sitk.Image(image.GetSize(), sitk.sitkUInt8) + 1
    everywhere.CopyInformation(image)
    return sitk.Resample(everywhere, grid, transform, sitk.sitkNearestNeighbor, 0)


def _dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2.0 * (one & other).sum() / max(one.sum() + other.sum(), 1))
