"""Registration against elastix's default rigid parameter map: seconds and target registration error."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from SyntheticCECTLib.core.alignment.registration import register

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "lidc_0001_cta"


def bench_registration(pairs: int) -> list[dict[str, object]]:
    """One row per pair: a real scan moved by up to 20 mm and 8 degrees, or else virtual patients."""
    rows = []
    for seed in range(pairs):
        name, cect, native_ct, heart, truth = _pair(seed)
        points = _points(heart)
        start = time.perf_counter()
        found = register(cect, native_ct)
        ours_s = time.perf_counter() - start
        row: dict[str, object] = {
            "pair": f"{name} {seed}",
            "error_before_mm": round(_error_mm(sitk.Transform(3, sitk.sitkIdentity), truth, points), 2),
            "ours_s": round(ours_s, 2),
            "ours_error_mm": round(_error_mm(found.cect_to_native, truth, points), 3),
        }
        try:
            elastix_s, transform = _elastix(cect, native_ct)
        except ImportError as error:
            row["elastix"] = f"not installed ({error})"
        else:
            row["elastix_s"] = round(elastix_s, 2)
            row["elastix_error_mm"] = round(_error_mm(transform, truth, points), 3)
            row["ours_to_elastix"] = round(ours_s / elastix_s, 3)
        rows.append(row)
    return rows


def _pair(seed: int) -> tuple[str, sitk.Image, sitk.Image, sitk.Image, sitk.Transform]:
    random = np.random.default_rng(seed)
    shift, angles = random.uniform(-20, 20, 3), random.uniform(-8, 8, 3)
    if not DATA.exists():
        from SyntheticCECTLib.phantom.patient import Protocol, make_patient

        patient = make_patient(seed, Protocol(field_mm=350.0, shift_mm=shift, rotation_deg=angles))
        return "virtual patient", patient.cect, patient.native_ct, patient.heart_mask, patient.cect_to_native
    cect = sitk.ReadImage(str(DATA / "ct.nrrd"), sitk.sitkFloat32)
    native_ct = sitk.ReadImage(str(DATA / "reference" / "virtual_native.nrrd"), sitk.sitkFloat32)
    heart = sitk.ReadImage(str(DATA / "reference" / "heart_mask.nrrd"))
    truth = sitk.Euler3DTransform()
    truth.SetCenter(np.mean(_points(heart), axis=0).tolist())
    truth.SetRotation(*np.deg2rad(angles).tolist())
    truth.SetTranslation(shift.tolist())
    grid = sitk.Image(480, 480, 120, sitk.sitkFloat32)
    grid.SetSpacing((0.75, 0.75, 2.0))
    middle = np.array(cect.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in cect.GetSize()]))
    corner = middle - np.array(grid.GetSpacing()) * (np.array(grid.GetSize()) - 1) / 2
    grid.SetOrigin(corner.tolist())
    moved = sitk.Resample(cect, grid, truth.GetInverse(), sitk.sitkLinear, -1024.0)
    return "real scan", moved, native_ct, heart, truth


def _points(mask: sitk.Image) -> list[tuple[float, ...]]:
    index_kji = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[::2000]
    return [mask.TransformIndexToPhysicalPoint(index[::-1].tolist()) for index in index_kji]


def _error_mm(found: sitk.Transform, truth: sitk.Transform, points: list[tuple[float, ...]]) -> float:
    """Mean distance at the heart."""
    differences = [np.subtract(found.TransformPoint(p), truth.TransformPoint(p)) for p in points]
    return float(np.mean(np.linalg.norm(differences, axis=1)))


def _elastix(cect: sitk.Image, native_ct: sitk.Image) -> tuple[float, sitk.Transform]:
    itk: Any = import_module("itk")  # finds what it holds when it runs: a type checker sees none of it

    fixed, moving = _as_itk(native_ct), _as_itk(cect)
    parameters = itk.ParameterObject.New()
    parameters.AddParameterMap(parameters.GetDefaultParameterMap("rigid"))
    start = time.perf_counter()
    _, result = itk.elastix_registration_method(
        fixed, moving, parameter_object=parameters, log_to_console=False
    )
    taken = time.perf_counter() - start
    found = result.GetParameterMap(0)
    numbers = [float(value) for value in found["TransformParameters"]]
    transform = sitk.Euler3DTransform()
    transform.SetCenter([float(value) for value in found["CenterOfRotationPoint"]])
    transform.SetComputeZYX(found["ComputeZYX"][0] == "true" if "ComputeZYX" in found else False)
    transform.SetRotation(*numbers[:3])
    transform.SetTranslation(numbers[3:])
    return taken, transform


def _as_itk(image: sitk.Image) -> Any:
    import itk  # pyright: ignore[reportMissingImports]

    converted = itk.image_from_array(sitk.GetArrayFromImage(image).astype(np.float32))
    converted.SetOrigin(image.GetOrigin())
    converted.SetSpacing(image.GetSpacing())
    converted.SetDirection(np.array(image.GetDirection()).reshape(3, 3))
    return converted
