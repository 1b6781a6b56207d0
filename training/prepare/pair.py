"""One patient from files to the grids that networks train on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk

from SyntheticCECTLib.core.alignment.registration import Registration, register, reslice
from SyntheticCECTLib.core.heart_finder import SPACING_MM, find_heart
from SyntheticCECTLib.core.heart_gate import inspect_heart
from SyntheticCECTLib.core.networks.heart_network import SIZE_MULTIPLE
from SyntheticCECTLib.core.orientation import to_axial
from SyntheticCECTLib.core.pipeline import HEART_MODEL, WORKING_MATRIX, WORKING_SPACING_XYZ
from SyntheticCECTLib.core.version import VERSION
from SyntheticCECTLib.core.working_grid import WorkingGrid, grid_around, grid_over
from SyntheticCECTLib.phantom.training_sample import TrainingSample

from .pair_images import read_pair
from .patient_files import PatientFiles

SPARE_SLICES = 2
# What `heart_structures` holds where nobody drew aorta, right heart, myocardium and pulmonary artery.
UNLABELLED = 255
# A virtual native CT lies as the CECT that it was made from.
_IDENTITY = Registration(sitk.Transform(), {}, True, ())


@dataclass(frozen=True)
class Pair:
    """A prepared pair: its arrays, and where they come from."""

    sample: TrainingSample
    provenance: dict[str, Any]


def prepare_pair(files: PatientFiles) -> Pair:
    """Reads, finds the heart, registers the CECT on the CT, and brings all onto the networks' grids.

    A native CT that was made from the CECT is not registered: the movement is the identity.

    Raises:
        InputRefused: A file cannot be used, or there is no heart.
    """
    images = read_pair(files)
    scan, cect = images.native, images.cect
    axial = sitk.Cast(to_axial(scan.image), sitk.sitkFloat32)
    heart = to_axial(images.heart_mask) if images.heart_mask else _found_heart(axial)
    notices = inspect_heart(axial, heart)
    registration = _IDENTITY if images.is_virtual else register(cect.image, axial, heart_mask=heart)
    resliced = to_axial(reslice(cect.image, axial, registration))
    movement = registration.cect_to_native if images.chambers_on_cect else sitk.Transform()
    masks = [_moved(images.chambers, label, axial, movement) for label in (1, 2)]

    near = _working_grid(axial, heart, masks)
    far = grid_over(axial, SPACING_MM, SIZE_MULTIPLE)
    labels = [_labels(grid, heart, masks) for grid in (near, far)]
    outside = _share_outside(near, heart, labels[0])
    used = np.flatnonzero(labels[0].any((1, 2)))
    keep = slice(max(0, int(used[0]) - SPARE_SLICES), int(used[-1]) + SPARE_SLICES + 1)
    sample = TrainingSample(
        _whole(far.sample(axial)),
        labels[1],
        _whole(near.sample(axial))[keep],
        _whole(near.sample(resliced))[keep],
        labels[0][keep],
        np.full_like(labels[0][keep], UNLABELLED),
    )
    provenance = {
        "files": files.as_dict(),
        "version": VERSION,
        "native_sha256": scan.sha256,
        "cect_sha256": cect.sha256,
        "native": scan.description,
        "virtual_native": images.is_virtual,
        "cect": cect.description,
        "native_grid": {"size": axial.GetSize(), "spacing_mm": axial.GetSpacing()},
        "working_grid": asdict(near),
        "first_slice": keep.start,
        "registration": {
            "plausible": registration.plausible,
            "reasons": list(registration.reasons),
            "quality": dict(registration.quality),
        },
        "chambers_outside_heart": outside,
        "notices": [notice.as_dict() for notice in (*scan.notices, *notices)],
        "metadata": {"native": dict(scan.metadata), "cect": dict(cect.metadata)},
    }
    return Pair(sample, provenance)


def _found_heart(axial: sitk.Image) -> sitk.Image:
    """The heart finder's mask on the upright scan."""
    import torch

    from SyntheticCECTLib.core.networks.model_package import load_model

    found = find_heart(axial, load_model(HEART_MODEL).network(), torch.device("cpu"))
    probability = sitk.Resample(found.grid.image(found.heart), axial, sitk.Transform(), sitk.sitkLinear, 0.0)
    return sitk.Cast(probability >= 0.5, sitk.sitkUInt8)


def _moved(chambers: sitk.Image, label: int, axial: sitk.Image, movement: sitk.Transform) -> sitk.Image:
    """One chamber as a float mask, 0 to 1, on the upright native scan."""
    mask = sitk.Cast(chambers == label, sitk.sitkFloat32)
    return sitk.Resample(mask, axial, movement, sitk.sitkLinear, 0.0)


def _working_grid(axial: sitk.Image, heart: sitk.Image, masks: list[sitk.Image]) -> WorkingGrid:
    """The grid around the heart; its slices reach as far as the chambers, its centre is the heart's."""
    inside = np.argwhere(sitk.GetArrayViewFromImage(heart) > 0)[:, ::-1]
    drawn = np.concatenate([np.argwhere(sitk.GetArrayViewFromImage(mask) >= 0.5)[:, ::-1] for mask in masks])

    def corners(index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ends = [
            axial.TransformIndexToPhysicalPoint(
                [int(index[:, n].max() if c else index[:, n].min()) for n, c in enumerate(corner)]
            )
            for corner in np.ndindex(2, 2, 2)
        ]
        return np.min(ends, 0), np.max(ends, 0)

    lower, upper = corners(inside)
    if len(drawn):
        below, above = corners(drawn)
        lower[2], upper[2] = min(lower[2], below[2]), max(upper[2], above[2])
    return grid_around(axial, lower, upper, WORKING_SPACING_XYZ, WORKING_MATRIX)


def _labels(grid: WorkingGrid, heart: sitk.Image, masks: list[sitk.Image]) -> np.ndarray:
    """1 heart, 2 LA, 3 LV; each mask is averaged into the grid's voxels and cut at one half."""
    la, lv = (grid.sample(mask) for mask in masks)
    labels = (grid.sample(sitk.Cast(heart, sitk.sitkFloat32)) >= 0.5).astype(np.uint8)
    labels[(la >= 0.5) & (la >= lv)] = 2
    labels[(lv >= 0.5) & (lv > la)] = 3
    return labels


def _share_outside(grid: WorkingGrid, heart: sitk.Image, labels: np.ndarray) -> float:
    """Share of the drawn chambers that the heart mask leaves out, 0 to 1; 1 where nothing is drawn."""
    drawn = labels >= 2
    inside = grid.sample(sitk.Cast(heart, sitk.sitkFloat32)) >= 0.5
    return float((drawn & ~inside).sum() / drawn.sum()) if drawn.any() else 1.0


def _whole(hu: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(hu, -1024, 3071)).astype(np.int16)
