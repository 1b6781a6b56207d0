"""From a CT without contrast agent to a synthetic CECT on the scan's own grid."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from .errors import InputRefused, Notice
from .input_gate import inspect_heart
from .orientation import to_axial, to_grid_of
from .working_grid import Box, box_on_scan, grid_around, on_scan

OnProgress = Callable[[float, str], None]
DEFAULT_MODEL, HEART_MODEL = "santini2018", "heart_finder"
WORKING_SPACING_XYZ, WORKING_MATRIX = (1.5, 1.5, 3.0), 128
MARGIN_MM = 6.0


@dataclass(frozen=True)
class Settings:
    """How to synthesize.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        heart_mask: Mask on the scan's own grid, nonzero inside, in place of the learned one.
    """

    device: str = "auto"
    heart_mask: sitk.Image | None = None


@dataclass(frozen=True)
class Synthesis:
    """What the network makes of a scan; all images on the scan's own grid.

    Attributes:
        native_ct: The scan, HU.
        synthetic_cect: Scan plus enhancement, HU; outside the heart the scan's own voxels.
        enhancement_hu: What the network adds inside the heart, HU.
        heart_mask: 1 inside the heart, uint8.
        chamber_prior: Where a bright voxel may belong: 1 left atrium, 2 left ventricle, uint8; 0 neither.
        model_id: Of the synthesis model.
        model_sha256: Of its weights.
        default_threshold_hu: The model's own threshold between chambers and the rest.
        seconds: Per stage.
        notices: What the user should know.
    """

    native_ct: sitk.Image
    synthetic_cect: sitk.Image
    enhancement_hu: sitk.Image
    heart_mask: sitk.Image
    chamber_prior: sitk.Image | None
    model_id: str
    model_sha256: str
    default_threshold_hu: float
    seconds: dict[str, float]
    notices: list[Notice]


def synthesize(
    native_ct: sitk.Image,
    model: str | None = None,
    settings: Settings | None = None,
    on_progress: OnProgress | None = None,
) -> Synthesis:
    """Finds the heart and gives it synthetic contrast.

    Args:
        native_ct: CT without contrast agent, HU, in any orientation.
        model: Id or folder of the synthesis model; the bundled one where None.
        settings: Device and heart mask.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: No usable heart, model or device.
    """
    # torch takes a second to import; listing models or refusing a scan must not wait for it.
    from .heart_finder import find_heart
    from .networks.device import pick_device
    from .networks.inference import PreparedNetwork, run_slices
    from .networks.model_package import load_model

    settings, stages = settings or Settings(), _Stages(on_progress)
    stages.begin("models", 0.0, "loading the models")
    device = pick_device(settings.device)
    package, finder = load_model(model or DEFAULT_MODEL), load_model(HEART_MODEL)
    if "threshold_hu" not in package.card:
        raise InputRefused(
            "model_not_synthesis",
            f"Model '{package.id}' does not synthesize contrast.",
            f"Use '{DEFAULT_MODEL}', for example.",
        )
    network = PreparedNetwork(package.network(), device)

    stages.begin("heart", 0.1, "finding the heart")
    axial = _upright(native_ct)
    found = find_heart(axial, finder.network(), device)
    if settings.heart_mask is not None:
        axial_mask = to_axial(settings.heart_mask)
        heart_box, heart = _given_heart(axial_mask, axial)
    else:
        heart_box, heart = _found_heart(found.grid.image(found.heart), found.extent_mm(), axial)
    heart_mask = _paste(heart.astype(np.uint8), heart_box, axial)
    stages.begin("gate", 0.35, "checking the heart")
    notices = inspect_heart(axial, heart_mask)

    stages.begin("network", 0.4, "synthesizing contrast")
    lower, upper = _corners(axial, heart_box)
    grid = grid_around(axial, lower, upper, WORKING_SPACING_XYZ, WORKING_MATRIX)
    if max(upper[:2] - lower[:2]) > WORKING_SPACING_XYZ[0] * WORKING_MATRIX:
        notices.append(
            Notice(
                "heart_beyond_grid",
                "The heart is wider than the 192 mm that the network sees; its rim stays without contrast.",
            )
        )
    slices = grid.sample(axial)
    contrast = run_slices(network, slices, device, stages.part(0.4, 0.85), notices.append)

    stages.begin("resampling", 0.85, "bringing the contrast onto the scan")
    enhancement = on_scan(grid.image(contrast - slices), axial, heart_box) * heart
    la, lv = (on_scan(found.grid.image(p), axial, heart_box) for p in (found.la, found.lv))
    prior = np.where(la >= lv, 1, 2).astype(np.uint8)
    result = _assemble(native_ct, axial, heart_box, enhancement)
    finished = Synthesis(
        native_ct=native_ct,
        synthetic_cect=to_grid_of(result[0], native_ct),
        enhancement_hu=to_grid_of(result[1], native_ct),
        heart_mask=to_grid_of(heart_mask, native_ct),
        chamber_prior=to_grid_of(_paste(prior * heart, heart_box, axial), native_ct),
        model_id=package.id, model_sha256=package.sha256,
        default_threshold_hu=float(package.card["threshold_hu"]),
        seconds=stages.seconds, notices=notices,
    )  # fmt: skip
    stages.end()
    return finished


class _Stages:
    """Times the stages and reports progress."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._report = on_progress or (lambda fraction, message: None)
        self._current: tuple[str, float] | None = None

    def begin(self, name: str, fraction: float, message: str) -> None:
        self._close()
        self._current = name, time.perf_counter()
        self._report(fraction, message)

    def part(self, start: float, end: float) -> OnProgress:
        return lambda fraction, message: self._report(start + (end - start) * fraction, message)

    def end(self) -> None:
        self._close()
        self._report(1.0, "synthesized")

    def _close(self) -> None:
        if self._current:
            name, started = self._current
            self.seconds[name] = time.perf_counter() - started


def _upright(native_ct: sitk.Image) -> sitk.Image:
    axial = sitk.Cast(to_axial(native_ct), sitk.sitkFloat32)
    # Headers of one scan in two orientations differ in the last bits; rounded, they lead to one working grid.
    axial.SetOrigin(np.round(axial.GetOrigin(), 6).tolist())
    return axial


def _found_heart(
    probability: sitk.Image, extent: tuple[np.ndarray, np.ndarray] | None, axial: sitk.Image
) -> tuple[Box, np.ndarray]:
    if extent is None:
        nothing = slice(0, 1), slice(0, 1), slice(0, 1)
        return nothing, np.zeros((1, 1, 1), bool)
    box = box_on_scan(axial, extent[0] - MARGIN_MM, extent[1] + MARGIN_MM)
    return box, on_scan(probability, axial, box) >= 0.5


def _given_heart(mask: sitk.Image, axial: sitk.Image) -> tuple[Box, np.ndarray]:
    if mask.GetSize() != axial.GetSize():
        raise InputRefused(
            "heart_mask_grid", f"The heart mask has size {mask.GetSize()}, the scan {axial.GetSize()}.",
            "Give a heart mask on the scan's own grid.",
        )  # fmt: skip
    array = sitk.GetArrayViewFromImage(mask) != 0
    inside = [np.flatnonzero(array.any(tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    if not len(inside[0]):
        raise InputRefused(
            "heart_absent", "The heart mask is empty.", "Draw the heart, or leave the mask out."
        )
    k, j, i = (slice(int(n[0]), int(n[-1]) + 1) for n in inside)
    return (k, j, i), array[k, j, i]


def _corners(axial: sitk.Image, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper corner in mm of a box of voxels."""
    corners = [
        axial.TransformIndexToPhysicalPoint(
            [int(s.stop - 1 if c else s.start) for s, c in zip(box[::-1], corner, strict=True)]
        )
        for corner in np.ndindex(2, 2, 2)
    ]
    return np.min(corners, 0), np.max(corners, 0)


def _paste(values: np.ndarray, box: Box, axial: sitk.Image) -> sitk.Image:
    """A box of values amid zeros, on the scan's axial grid."""
    array = np.zeros(axial.GetSize()[::-1], values.dtype)
    array[box] = values
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(axial)
    return image


def _assemble(
    native_ct: sitk.Image, axial: sitk.Image, box: Box, enhancement: np.ndarray
) -> tuple[sitk.Image, sitk.Image]:
    """Synthetic CECT and enhancement, in whole HU where the scan is."""
    array = sitk.GetArrayFromImage(axial)
    part = array[box]
    whole = not (np.rint(part) != part).any()
    if whole:
        enhancement = np.rint(enhancement)
    array[box] = part + enhancement
    synthetic = sitk.GetImageFromArray(array)
    synthetic.CopyInformation(axial)
    images = synthetic, _paste(enhancement.astype(np.float32), box, axial)
    if whole and not (np.rint(array) != array).any():
        return sitk.Cast(images[0], sitk.sitkInt16), sitk.Cast(images[1], sitk.sitkInt16)
    return images
