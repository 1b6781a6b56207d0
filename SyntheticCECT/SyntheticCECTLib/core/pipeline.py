"""From a CT without contrast agent to a synthetic CECT on the scan's own grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from .errors import InputRefused, Notice
from .heart_gate import LARGEST_HEART_ML, SMALLEST_HEART_ML
from .heart_region import HeartRegion
from .input_gate import inspect_heart
from .orientation import to_axial, to_grid_of
from .solid_part import one_part
from .stages import OnProgress, Stages
from .volume_interval import STRUCTURE_OF, Factors, calibration_of, volume_factors
from .working_grid import WorkingGrid, grid_around

if TYPE_CHECKING:
    from .heart_finder import HeartMap
    from .networks.contrast_model import Contrast
    from .networks.model_package import ModelPackage

DEFAULT_MODEL, HEART_MODEL = "leftheart", "heart_finder"
HEART_BY_ANATOMY, SIDES_BY_ANATOMY = "heart_by_anatomy", "sides_by_anatomy"
CHAMBERS_CUT = "heart_mask_cuts_chambers"
OUTSIDE_CALIBRATION = {HEART_BY_ANATOMY, "contrast_present", CHAMBERS_CUT}
"""Notices with which a volume has no interval: it was calibrated amid hearts whose place was known, without contrast, on
chambers that the model's own heart mask bounds."""
MOST_CUT = 0.02
"""A given mask that leaves out more of a chamber than this, as a share, makes its volume another one; true masks of
virtual patients leave out up to 0.006."""
SMALLEST_MEETING = 0.5
"""A given mask and the network's find that share less of the smaller one than this are not the same heart."""
WORKING_SPACING_XYZ, WORKING_MATRIX = (1.5, 1.5, 3.0), 128


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
        expected_error_hu: Mean absolute error that the model expects of the synthetic CECT, HU; 0 outside the heart,
            ``None`` where the model does not tell.
        model_settings_sha256: Of what its card says about running it (`model_package.RUN_FIELDS`).
        volume_factors: For ``la`` and ``lv`` the ends of the 95 % interval as factors of the volume at the model's own
            threshold; empty where the model is not calibrated.
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
    expected_error_hu: sitk.Image | None = None
    volume_factors: dict[str, Factors] = field(default_factory=dict)
    model_settings_sha256: str = ""


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
    from .networks.contrast_model import ContrastModel
    from .networks.device import pick_device
    from .networks.model_package import load_model

    settings, stages = settings or Settings(), Stages(on_progress)
    stages.begin("models", 0.0, "loading the models")
    device = pick_device(settings.device)
    package, finder = load_model(model or DEFAULT_MODEL), load_model(HEART_MODEL)
    _refuse_other_grid(package)
    calibration = calibration_of(package.card, package.id)
    contrast_model = ContrastModel(package, device)

    stages.begin("heart", 0.1, "finding the heart")
    axial = _upright(native_ct)
    found = find_heart(axial, finder.network(), device)
    notices: list[Notice] = []
    if settings.heart_mask is not None:
        heart = HeartRegion.given(to_axial(settings.heart_mask), axial)
    else:
        found = _found_otherwise(found, axial, notices)
        heart = HeartRegion.found(found.grid.image(found.heart), found.extent_mm(), axial)
    stages.begin("gate", 0.35, "checking the heart")
    notices += inspect_heart(axial, heart.image())

    stages.begin("network", 0.4, "synthesizing contrast")
    lower, upper = heart.corners_mm()
    grid = grid_around(axial, lower, upper, WORKING_SPACING_XYZ, WORKING_MATRIX)
    if max(upper[:2] - lower[:2]) > WORKING_SPACING_XYZ[0] * WORKING_MATRIX:
        notices.append(
            Notice(
                "heart_beyond_grid",
                "The heart is wider than the 192 mm that the network sees; its rim stays without contrast.",
            )
        )
    slices = grid.sample(axial)
    contrast = contrast_model.run(slices, stages.part(0.4, 0.85), notices.append)

    stages.begin("resampling", 0.85, "bringing the contrast onto the scan")
    if contrast.structures and settings.heart_mask is None:
        heart = heart.refined(grid.image(one_part(contrast.structures["heart"])))
    elif contrast.structures:
        notices += _cut_chambers(heart, grid, contrast)
    elif settings.heart_mask is not None:
        found = _found_inside(heart, found, notices)
    enhancement = heart.values(grid.image(contrast.synthetic_hu - slices)) * heart.mask
    synthetic, added = _assemble(heart, enhancement)
    error = contrast.expected_error_hu
    factors = volume_factors(contrast.structures, calibration)
    if any(notice.code in OUTSIDE_CALIBRATION for notice in notices):
        factors = {}
    finished = Synthesis(
        native_ct=native_ct,
        synthetic_cect=to_grid_of(synthetic, native_ct),
        enhancement_hu=to_grid_of(added, native_ct),
        heart_mask=to_grid_of(heart.image(), native_ct),
        chamber_prior=to_grid_of(heart.image(_prior(heart, grid, contrast, found)), native_ct),
        model_id=package.id, model_sha256=package.sha256,
        default_threshold_hu=float(package.card["threshold_hu"]),
        seconds=stages.seconds, notices=notices,
        expected_error_hu=None if error is None else to_grid_of(
            heart.image((heart.values(grid.image(error)) * heart.mask).astype(np.float32)), native_ct
        ),
        volume_factors=factors, model_settings_sha256=package.settings_sha256,
    )  # fmt: skip
    stages.end("synthesized")
    return finished


def _refuse_other_grid(package: ModelPackage) -> None:
    """A model on another grid than it was trained on gives contrast all the same, and in the wrong places."""
    said = package.card.get("working_grid")
    for key, usual in (("size", [WORKING_MATRIX] * 2), ("spacing_mm", list(WORKING_SPACING_XYZ))):
        if isinstance(said, dict) and key in said and said[key] != usual:
            raise InputRefused(
                "model_other_grid",
                f"Model '{package.id}' was made for a working grid of {key} {said[key]}; this version has {usual}.",
                "Use a model made for this version.",
            )


def _upright(native_ct: sitk.Image) -> sitk.Image:
    axial = sitk.Cast(to_axial(native_ct), sitk.sitkFloat32)
    # Headers of one scan in two orientations differ in the last bits; rounded, they lead to one working grid.
    axial.SetOrigin(np.round(axial.GetOrigin(), 6).tolist())
    return axial


def _found_otherwise(found: HeartMap, axial: sitk.Image, notices: list[Notice]) -> HeartMap:
    """The find, or where it is no heart what the anatomy around suggests, with a notice; or the find after all."""
    if _is_heart(found):
        return found
    from .heart_by_anatomy import find_heart_by_anatomy

    other = find_heart_by_anatomy(axial)
    if other is None:
        return found
    notices.append(
        Notice(
            HEART_BY_ANATOMY,
            f"The network found {found.volume_ml:.0f} mL, which is no heart. The heart ({other.volume_ml:.0f} mL) was "
            "estimated from the lungs and the tissue between them instead, and so was the border between atrium and "
            "ventricle: both are rough. Check them in the report, or give a heart mask.",
        )
    )
    return other


def _found_inside(given: HeartRegion, found: HeartMap, notices: list[Notice]) -> HeartMap:
    """The find, or where it is not the heart that was given, the given one with its sides by anatomy, and a notice."""
    from .heart_by_anatomy import sides_of_heart

    mask = found.grid.sample(given.image(given.mask.astype(np.float32))) >= 0.5
    smaller = min(np.count_nonzero(mask), np.count_nonzero(found.heart >= 0.5))
    meeting = np.count_nonzero(mask & (found.heart >= 0.5)) / max(smaller, 1)
    if _is_heart(found) and meeting >= SMALLEST_MEETING:
        return found
    notices.append(
        Notice(
            SIDES_BY_ANATOMY,
            f"The heart that the network found ({found.volume_ml:.0f} mL) is not that of the heart mask "
            f"({100 * meeting:.0f} % in common), so the border between atrium and ventricle was estimated from the "
            "middle of the mask instead: it is rough. Check it in the report, or use the model "
            f"'{DEFAULT_MODEL}', which tells the chambers apart itself.",
        )
    )
    return sides_of_heart(found.grid, mask)


def _cut_chambers(given: HeartRegion, grid: WorkingGrid, contrast: Contrast) -> list[Notice]:
    """What a given mask leaves out of the chambers that the model sees in its own heart: the volumes lack that."""
    mask = grid.sample(given.image(given.mask.astype(np.float32))) >= 0.5
    own = one_part(contrast.structures["heart"]) >= 0.5
    shares = {
        name: np.count_nonzero(chamber & ~mask) / max(np.count_nonzero(chamber), 1)
        for name in STRUCTURE_OF.values()
        for chamber in [own & (contrast.structures[name] >= 0.5)]
    }
    if max(shares.values()) <= MOST_CUT:
        return []
    said = " and ".join(f"{100 * share:.0f} % of the {name}" for name, share in shares.items())
    return [
        Notice(
            CHAMBERS_CUT,
            f"The heart mask leaves out {said}, as the model sees them: the volumes lack that and have no interval. "
            "Check the mask there.",
        )
    ]


def _is_heart(found: HeartMap) -> bool:
    return SMALLEST_HEART_ML <= found.volume_ml <= LARGEST_HEART_ML


def _prior(heart: HeartRegion, grid: WorkingGrid, contrast: Contrast, found: HeartMap) -> np.ndarray:
    """Which chamber a bright voxel of the box belongs to: by the model's own chambers, or else by the finder's."""
    if not contrast.structures:
        la, lv = (heart.values(found.grid.image(p)) for p in (found.la, found.lv))
        return np.where(la >= lv, 1, 2).astype(np.uint8) * heart.mask
    la, lv = (
        heart.values(grid.image(contrast.structures[name])) for name in ("left atrium", "left ventricle")
    )
    return np.where(la >= lv, 1, 2).astype(np.uint8) * (heart.mask & (np.maximum(la, lv) >= 0.5))


def _assemble(heart: HeartRegion, enhancement: np.ndarray) -> tuple[sitk.Image, sitk.Image]:
    """Synthetic CECT and enhancement on the axial grid, in whole HU where the scan is."""
    array = sitk.GetArrayFromImage(heart.axial)
    part = array[heart.box]
    whole = not (np.rint(part) != part).any()
    if whole:
        enhancement = np.rint(enhancement)
    array[heart.box] = part + enhancement
    synthetic = sitk.GetImageFromArray(array)
    synthetic.CopyInformation(heart.axial)
    images = synthetic, heart.image(enhancement.astype(np.float32))
    if whole and not (np.rint(array) != array).any() and array.max() <= np.iinfo(np.int16).max:
        return sitk.Cast(images[0], sitk.sitkInt16), sitk.Cast(images[1], sitk.sitkInt16)
    return images
