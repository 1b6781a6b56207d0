"""Lays a contrast scan over a native scan of the same patient: one rigid movement, by mutual information.

Mutual information asks only that one image predicts the other, so contrast agent does not disturb it.
Everything is found on working copies of about 3 mm, where a scan has a million voxels and not twenty; the
measure, averaged over tens of thousands of places, is smooth far below a voxel. Steps: a coarse search over
starts around the scanner's own geometry on 12 mm copies, the best ones improved there, the winner improved
at 3 mm, and, where the heart is known, improved once more around it, because breathing moves heart and ribs
differently.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..errors import InputRefused
from ..stages import OnProgress
from .mutual_information import MutualInformation, Rigid, interpolated, named_values
from .registration_quality import Limits, judge, measure
from .working_copy import HU_WINDOW, WorkingCopy, working_copy

Array = NDArray[np.float64]

_SEED = 20180705
_COARSE_SAMPLES, _FINE_SAMPLES = 4000, 40000
_START_Z_MM = (-45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0)
_START_XY_MM = (-20.0, 0.0, 20.0)
_STARTS_IMPROVED = 3
_HEART_MARGIN_MM = 20.0  # with the border to the lungs: it holds the heart's place better than the blood does


@dataclass(frozen=True)
class Registration:
    """A rigid movement and how far to trust it.

    Attributes:
        cect_to_native: Brings the CECT onto the native scan. As ``sitk.Resample`` wants it, the transform
            maps *points* the other way: a point of the native scan (fixed, LPS, mm) to its place in the
            CECT (moving).
        quality: See ``registration_quality.measure``.
        plausible: Whether every quality lies within its limits.
        reasons: What does not, in words with the value.
    """

    cect_to_native: sitk.Transform
    quality: dict[str, float | None]
    plausible: bool
    reasons: tuple[str, ...]


def register(
    cect: sitk.Image,
    native_ct: sitk.Image,
    on_progress: OnProgress | None = None,
    heart_mask: sitk.Image | None = None,
    limits: Limits | None = None,
) -> Registration:
    """Find the rigid movement that lays ``cect`` over ``native_ct``.

    Args:
        cect: Contrast scan, HU, any grid; padding below -1024 HU counts as air.
        native_ct: Native scan of the same patient, HU, any grid.
        on_progress: Called as ``on_progress(fraction, message)``; raising cancels.
        heart_mask: The heart in the native scan, any grid; where given, it is the heart that is aligned in
            the end.
        limits: What counts as plausible.

    Raises:
        InputRefused: ``registration_no_overlap``, the scans lie beside each other in space;
            ``registration_flat``, a scan shows no body.
    """
    report = on_progress or (lambda fraction, message: None)
    report(0.0, "Registration: working copies")
    fixed = working_copy(native_ct, "native CT")
    report(0.25, "Registration: working copies")
    moving = working_copy(cect, "CECT")
    report(0.5, "Registration: search")
    still = Rigid(np.array(fixed.body_centre_xyz), np.zeros(6))
    movement = _search(fixed, moving, still)
    report(0.7, "Registration: whole body")
    measured, movement = _refine(fixed.image, fixed.region, moving.image, movement, report)
    if heart_mask is not None:
        report(0.85, "Registration: heart")
        around = _around(heart_mask, fixed.image)
        if around is not None:
            _, movement = _refine(fixed.image, around, moving.image, movement, report)
    report(0.95, "Registration: quality")
    quality = measure(fixed, moving, measured, still, movement)
    reasons = judge(quality, limits or Limits())
    report(1.0, "Registration: done")
    return Registration(movement.as_transform(), quality, not reasons, reasons)


def reslice(cect: sitk.Image, native_ct: sitk.Image, registration: Registration) -> sitk.Image:
    """The CECT as the native scan's grid would have shown it.

    Where the CECT's voxels are finer than the native scan's (thin slices, mostly) it is first smoothed to
    the native slice profile, so that a thick slice is an average and not a sample.

    Args:
        cect: Contrast scan, HU.
        native_ct: Gives the grid.
        registration: From ``register``.

    Returns:
        float32 HU on the grid of ``native_ct``; -1024 where the CECT shows nothing.
    """
    air = HU_WINDOW[0]
    # Linear interpolation alone already joins neighbouring slices; padding must not bleed into the skin.
    image = sitk.Maximum(sitk.Cast(cect, sitk.sitkFloat32), air)
    image = _with_profile(image, native_ct, registration.cect_to_native)
    return sitk.Resample(
        image, native_ct, registration.cect_to_native, sitk.sitkLinear, air, sitk.sitkFloat32
    )


def _with_profile(image: sitk.Image, grid: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    """Smooth along each axis by what the grid's voxel is wider there: boxes add as variances, w^2 / 12."""
    origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    turn = np.array([transform.TransformPoint(unit) for unit in np.eye(3).tolist()]).T - origin[:, np.newaxis]
    own = np.array(image.GetDirection()).reshape(3, 3)
    other = turn @ np.array(grid.GetDirection()).reshape(3, 3)
    # Width of the grid's voxel along an axis of the image: the axis of the grid that runs nearest to it.
    nearest = np.abs(own.T @ other).argmax(axis=1)
    wider = np.array(grid.GetSpacing())[nearest] ** 2 - np.array(image.GetSpacing()) ** 2
    variance_mm2 = np.where(wider > 0, wider / 12, 0.0)
    for axis in np.flatnonzero(variance_mm2 > (0.25 * np.array(image.GetSpacing())) ** 2):
        along = [0.0, 0.0, 0.0]
        along[int(axis)] = float(variance_mm2[axis])
        image = sitk.DiscreteGaussian(image, along, maximumKernelWidth=64, maximumError=0.01)
    return image


def _search(fixed: WorkingCopy, moving: WorkingCopy, still: Rigid) -> Rigid:
    """The best start among shifts of the scanner's geometry, improved on the coarse copies."""
    points, values = _samples(fixed.coarse, fixed.region, _COARSE_SAMPLES)
    information = MutualInformation(points, values, moving.coarse)
    shifts = [(x, y, z) for z, y, x in itertools.product(_START_Z_MM, _START_XY_MM, _START_XY_MM)]
    starts = [still.moved(np.array((0.0, 0.0, 0.0, *shift))) for shift in shifts]
    ranked = sorted(starts, key=lambda start: -_score(information, start))
    if _score(information, ranked[0]) <= 0:
        raise InputRefused(
            "registration_no_overlap",
            "The CECT and the native CT do not overlap in space, even when one is shifted by 45 mm.",
            "Give scans of one examination, with their own positions kept.",
        )
    chosen = [still]
    for start in ranked:
        if len(chosen) <= _STARTS_IMPROVED and all(_distance(start, other) > 25.0 for other in chosen[1:]):
            chosen.append(start)
    improved = [_improve(information, start, tolerance=1e-4) for start in chosen]
    return max(improved, key=lambda movement: _score(information, movement))


def _score(information: MutualInformation, movement: Rigid) -> float:
    """Mutual information, less where little is compared: a small overlap is predicted too easily."""
    nats, share = information(movement)
    return nats * share**0.5 if share > 0.02 else 0.0


def _distance(one: Rigid, other: Rigid) -> float:
    return float(np.linalg.norm(one.parameters - other.parameters))


def _refine(
    fixed: sitk.Image, region: sitk.Image, moving: sitk.Image, movement: Rigid, report: OnProgress
) -> tuple[MutualInformation, Rigid]:
    points, values = _samples(fixed, region, _FINE_SAMPLES, seen_by=(moving, movement))
    information = MutualInformation(points, values, moving)
    return information, _improve(information, movement, tolerance=1e-7, report=report)


def _improve(
    information: MutualInformation, start: Rigid, tolerance: float, report: OnProgress | None = None
) -> Rigid:
    def loss(parameters: Array) -> tuple[float, Array]:
        if report is not None:
            report(0.8, "Registration: aligning")
        value, gradient = information.with_gradient(start.moved(parameters))
        return -value, -gradient

    found = minimize(
        loss,
        start.parameters,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 50, "ftol": tolerance, "gtol": 1e-5},
    )
    return start.moved(found.x)


def _samples(
    image: sitk.Image,
    region: sitk.Image,
    count: int,
    seen_by: tuple[sitk.Image, Rigid] | None = None,
) -> tuple[Array, Array]:
    """Places (N, 3) in the region and the image's renamed values there, always the same for the same input.

    They lie between the voxels: on them, two grids that coincide would attract each other.
    """
    random = np.random.default_rng(_SEED)
    mask = sitk.GetArrayViewFromImage(region)
    voxels = np.flatnonzero(mask)
    # A narrow CECT shows as little as an eighth of the region: draw more than are wanted.
    voxels = random.permutation(voxels)[: count if seen_by is None else 10 * count]
    index_kji = np.stack(np.unravel_index(voxels, mask.shape), axis=1)
    points = _physical(region, index_kji + random.uniform(-0.5, 0.5, index_kji.shape))
    if seen_by is not None:
        moving, movement = seen_by
        index = _index(moving, movement.applied(points))
        points = points[np.all((index >= 0) & (index <= np.array(moving.GetSize())[::-1] - 1), axis=1)][
            :count
        ]
    return points, np.clip(interpolated(named_values(image), _index(image, points)), 0.0, 1.0)


def _physical(image: sitk.Image, index_kji: Array) -> Array:
    axes = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    return index_kji[:, ::-1] @ axes.T + np.array(image.GetOrigin())


def _index(image: sitk.Image, points_xyz: Array) -> Array:
    axes = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    return ((points_xyz - np.array(image.GetOrigin())) @ np.linalg.inv(axes).T)[:, ::-1]


def _around(heart_mask: sitk.Image, grid: sitk.Image) -> sitk.Image | None:
    """The heart and its surroundings on the working grid; None where the mask is empty there."""
    heart = sitk.Resample(
        heart_mask != 0, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8
    )
    if not sitk.GetArrayViewFromImage(heart).any():
        return None
    distance = sitk.SignedMaurerDistanceMap(heart, squaredDistance=False, useImageSpacing=True)
    return sitk.Cast(distance <= _HEART_MARGIN_MM, sitk.sitkUInt8)
