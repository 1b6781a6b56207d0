"""Images to try a network on: noise, and a virtual patient on the network's own grid."""

from __future__ import annotations

from functools import cache

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from SyntheticCECTLib.core.networks.inference import HU_PER_UNIT, HU_RANGE
from SyntheticCECTLib.core.orientation import to_axial
from SyntheticCECTLib.core.pipeline import WORKING_MATRIX
from SyntheticCECTLib.core.working_grid import grid_around, grid_over
from SyntheticCECTLib.phantom.patient import Protocol, VirtualPatient, make_patient

from .network_format import AIR, NetworkFormat

SEED = 8_000_000
# Drawn in seconds; a CECT is not needed, so one slice of it is drawn.
PROTOCOL = Protocol(field_mm=260.0, matrix=130, slices=28, slice_mm=5.0, cect_slice_mm=100.0)


def example_images(form: NetworkFormat) -> dict[str, NDArray[np.float32]]:
    """Name -> (N, 1, [K,] J, I) in HU / 1000; the two have different sizes."""
    return {"noise": _noise(form), "virtual patient": _patient(form)}


def _noise(form: NetworkFormat) -> NDArray[np.float32]:
    """Two images of twice the smallest sizes."""
    sizes = [2 * multiple for multiple in form.multiples]
    return np.random.default_rng(SEED).normal(0.0, 0.5, (2, 1, *sizes)).astype(np.float32)


def _patient(form: NetworkFormat) -> NDArray[np.float32]:
    patient = _drawn()
    axial, mask = to_axial(sitk.Cast(patient.native_ct, sitk.sitkFloat32)), to_axial(patient.heart_mask)
    if form.around_heart:
        inside = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1]
        corners = [
            np.array(mask.TransformIndexToPhysicalPoint(index.tolist()))
            for index in (inside.min(0), inside.max(0))
        ]
        grid = grid_around(axial, corners[0], corners[1], form.spacing_xyz_mm, WORKING_MATRIX)
    else:
        grid = grid_over(axial, form.spacing_xyz_mm[0], form.multiples[0])
    scaled: NDArray[np.float32] = (np.clip(grid.sample(axial), *HU_RANGE) / HU_PER_UNIT).astype(np.float32)
    if form.takes_slices:
        return scaled[:, None]
    missing = -len(scaled) % form.multiples[0]
    return np.pad(scaled, ((0, missing), (0, 0), (0, 0)), constant_values=AIR)[None, None]


@cache
def _drawn() -> VirtualPatient:
    return make_patient(SEED, PROTOCOL)
