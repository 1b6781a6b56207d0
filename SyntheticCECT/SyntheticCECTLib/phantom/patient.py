"""A virtual patient as files would bring him: a CT, a CECT of another breath-hold, and the truth."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import SimpleITK as sitk

from .acquisition import Acquisition
from .anatomy import Anatomy
from .canvas import Deformation, Grid, Pose, interpolation_matrix
from .tissues import LEFT_ATRIUM, LEFT_VENTRICLE, at_kilovolt, cect_hu, native_hu

SLAB_SLICES = 12
PAINT_PIXEL_MM = 0.9


@dataclass(frozen=True)
class VirtualPatient:
    """Images in LPS, mm, HU.

    Args:
        native_ct: CT without contrast agent.
        cect: Contrast-enhanced CT, in its own breath-hold and on its own slices.
        labels: LA = 1, LV = 2 (cavity with papillary muscles), on the native grid.
        heart_mask: 1 inside the heart, on the native grid.
        cect_to_native: Maps native points to CECT points, as ``sitk.Resample(cect, native_ct, ...)`` wants it.
        truth: Volumes in mL, the left ventricle's wall in mm, pose, acquisition, seed.
    """

    native_ct: sitk.Image
    cect: sitk.Image
    labels: sitk.Image
    heart_mask: sitk.Image
    cect_to_native: sitk.Euler3DTransform
    truth: dict[str, Any]


@dataclass(frozen=True)
class Protocol:
    """How a patient is scanned.

    Args:
        field_mm: Field of view of both scans.
        matrix: Pixels across it.
        slices: Of the CT without contrast agent; the CECT covers the same length.
        slice_mm: Their distance.
        cect_slice_mm: The same of the CECT.
        kilovolt: Tube voltage of the CECT, 80 to 120.
        shift_mm: Where the patient lies in the CECT.
        rotation_deg: The same.
        breath_mm: How far the second breath-hold bends the chest.
        native_kilovolt: Tube voltage of the CT without contrast agent, 80 to 120.
        noise_factor: On that scan's noise.
        streak_hu: Strength of its streaks; drawn where None.
        gated: Whether both scans show the heart at 75 % R-R, as in the paper, or at any phase (the same in both).
    """

    field_mm: float = 220.0
    matrix: int = 512
    slices: int = 60
    slice_mm: float = 3.0
    cect_slice_mm: float = 2.0
    kilovolt: float = 100.0
    shift_mm: np.ndarray = field(default_factory=lambda: np.zeros(3))
    rotation_deg: np.ndarray = field(default_factory=lambda: np.zeros(3))
    breath_mm: float = 0.6
    native_kilovolt: float = 120.0
    noise_factor: float = 1.0
    streak_hu: float | None = None
    gated: bool = True

    @classmethod
    def draw(cls, rng: np.random.Generator, **fixed: Any) -> Protocol:
        """A cardiac or chest protocol; ``fixed`` overrides what is drawn."""
        drawn: dict[str, Any] = dict(
            field_mm=float(rng.uniform(190, 400) if rng.random() < 0.6 else rng.uniform(154, 220)),
            cect_slice_mm=float(rng.choice([1.5, 2.0, 2.5])), kilovolt=float(rng.choice([80, 100, 120])),
            shift_mm=rng.uniform(-1, 1, 3) * [6, 6, 14], rotation_deg=rng.uniform(-4, 4, 3),
            breath_mm=float(rng.uniform(0.2, 0.9)),
        )  # fmt: skip
        return cls(**(drawn | fixed))

    def adjusted(self, scanner: Acquisition) -> Acquisition:
        """The scanner of the CT without contrast agent with this protocol's noise and streaks."""
        streak_hu = scanner.streak_hu if self.streak_hu is None else self.streak_hu
        return replace(scanner, noise_hu=scanner.noise_hu * self.noise_factor, streak_hu=streak_hu)


def make_patient(
    seed: int,
    protocol: Protocol | None = None,
    variety: float = 1.0,
    on_progress: Callable[[float, str], None] | None = None,
) -> VirtualPatient:
    """Draws the patient of a seed and scans him twice.

    Args:
        seed: The same seed and protocol give the same patient and images.
        protocol: Drawn from the seed where None.
        variety: Spread of tissue values and scanner settings; 1 is realistic.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
    """
    report = on_progress or (lambda fraction, message: None)
    rng = np.random.default_rng([seed, 10])
    protocol = protocol or Protocol.draw(rng)
    anatomy = Anatomy.draw(seed, float(protocol.gated))
    heart = anatomy.heart
    center = heart.at(0.25 * heart.lv_length, 6, 0) + rng.normal(0, 4, 3)
    if protocol.field_mm > 300:
        center[:2] = [0, anatomy.thorax.middle]
    grid = _grid(center, protocol.field_mm, protocol.matrix, protocol.slices, protocol.slice_mm)
    cect_slices = int(protocol.slices * protocol.slice_mm / protocol.cect_slice_mm)
    cect_grid = _grid(center, protocol.field_mm, protocol.matrix, cect_slices, protocol.cect_slice_mm)

    transform = sitk.Euler3DTransform()
    transform.SetCenter(center.tolist())
    transform.SetRotation(*np.deg2rad(protocol.rotation_deg).tolist())
    transform.SetTranslation(protocol.shift_mm.tolist())
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    # The transform maps native points to CECT points; the CECT's pose maps scanner points to the patient's.
    pose = Pose(rotation.T, center, -rotation.T @ protocol.shift_mm)
    breath = Deformation.draw(np.random.default_rng([seed, 11]), 70.0, protocol.breath_mm)

    native_table = native_hu(rng, variety)
    cect_table = cect_hu(rng, native_table, protocol.kilovolt)
    native_scanner = protocol.adjusted(Acquisition.draw(rng, variety))
    cect_scanner = Acquisition.draw(rng, variety)
    native, chambers, heart_mask = _scan(
        anatomy, grid, Pose(), None, at_kilovolt(native_table, protocol.native_kilovolt), native_table * 0,
        native_scanner, [seed, 12], lambda share: report(0.4 * share, "drawing the CT"),
    )  # fmt: skip
    cect, _, _ = _scan(
        anatomy, cect_grid, pose, breath, cect_table, cect_table - native_table, cect_scanner, [seed, 13],
        lambda share: report(0.4 + 0.6 * share, "drawing the CECT"),
    )  # fmt: skip
    report(1.0, "drawn")

    voxel_ml = float(np.prod(grid.spacing_xyz)) / 1000
    truth = {
        "seed": seed,
        "volumes_ml": {"la": float((chambers == 1).sum() * voxel_ml), "lv": float((chambers == 2).sum() * voxel_ml)},
        "heart_volume_ml": float(heart_mask.sum() * voxel_ml),
        "wall_mm": heart.wall,
        "kilovolt_cect": protocol.kilovolt,
        "native_to_cect": {
            "center_mm": center.tolist(), "translation_mm": protocol.shift_mm.tolist(),
            "rotation_deg": protocol.rotation_deg.tolist(), "matrix": rotation.ravel().tolist(),
        },
        "non_rigid_mm": protocol.breath_mm,
        "simulated": True,
    }  # fmt: skip
    return VirtualPatient(
        _image(native, grid), _image(cect, cect_grid), _image(chambers, grid),
        _image(heart_mask.astype(np.uint8), grid), transform, truth,
    )  # fmt: skip


def _grid(center: np.ndarray, field_mm: float, matrix: int, slices: int, slice_mm: float) -> Grid:
    pixel = field_mm / matrix
    spacing = np.array([pixel, pixel, slice_mm])
    size = np.array([matrix, matrix, slices])
    origin = center - spacing * (size - 1) / 2
    return Grid(tuple(origin.tolist()), tuple(spacing.tolist()), (matrix, matrix, slices))


def _scan(
    anatomy: Anatomy, grid: Grid, pose: Pose, breath: Deformation | None, table: np.ndarray,
    enhancement: np.ndarray, scanner: Acquisition, seed: list[int], on_share: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Image in HU, chamber labels and heart mask ``(K, J, I)``.

    Painted in slabs to bound the memory, on two threads, and in the plane no finer than a scanner resolves.
    """
    paint_pixel = max(grid.spacing_xyz[0], PAINT_PIXEL_MM)
    matrix = int(np.ceil(grid.size_xyz[0] * grid.spacing_xyz[0] / paint_pixel)) + 1
    starts = range(0, grid.size_xyz[2], SLAB_SLICES)
    rng = np.random.default_rng(seed)

    def slab(start: int) -> tuple[np.ndarray, ...]:
        count = min(SLAB_SLICES, grid.size_xyz[2] - start)
        origin = (*grid.origin_xyz[:2], grid.origin_xyz[2] + start * grid.spacing_xyz[2])
        coarse = Grid(origin, (paint_pixel, paint_pixel, grid.spacing_xyz[2]), (matrix, matrix, count))
        canvas, heart_mask = anatomy.paint(coarse, pose, breath)
        labels = canvas.labels()
        image = canvas.color(table) + scanner.texture_of(
            labels, enhancement, coarse, np.random.default_rng([*seed, start])
        )
        parts = (image, np.isin(labels, LEFT_ATRIUM), np.isin(labels, LEFT_VENTRICLE), heart_mask)
        return tuple(_refine(part.astype(np.float32), coarse, grid) for part in parts)

    with ThreadPoolExecutor(2) as pool:
        tasks, slabs = [pool.submit(slab, start) for start in starts], []
        try:
            for done, task in enumerate(tasks):
                on_share(0.9 * done / len(tasks))
                slabs.append(task.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)  # what waits is not begun; Ctrl-C ends within two slabs
            raise
    on_share(0.9)
    image, la, lv, heart = (np.concatenate(parts) for parts in zip(*slabs, strict=True))
    chambers = ((la >= 0.5) & (la >= lv)).astype(np.uint8) + 2 * ((lv >= 0.5) & (lv > la)).astype(np.uint8)
    return scanner.acquire(image, grid, rng), chambers, heart >= 0.5


def _refine(array: np.ndarray, coarse: Grid, fine: Grid) -> np.ndarray:
    """Interpolates slices from the painting grid to the scan's pixels."""
    across, down = (interpolation_matrix(fine.axis(n), coarse.axis(n)) for n in (0, 1))
    return down @ (array @ across.T)


def _image(array: np.ndarray, grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(grid.origin_xyz)
    image.SetSpacing(grid.spacing_xyz)
    return image
