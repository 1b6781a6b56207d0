"""MONAI itself opens an exported bundle, and computes there what this project does."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from scipy import ndimage

from SyntheticCECTLib.core.heart_finder import SPACING_MM, find_heart
from SyntheticCECTLib.core.networks.contrast_model import ContrastModel
from SyntheticCECTLib.core.networks.model_package import ModelPackage, load_model, network_class
from SyntheticCECTLib.core.pipeline import WORKING_MATRIX
from SyntheticCECTLib.core.working_grid import WorkingGrid, grid_around, grid_over
from training.monai_bundle import inference, write_bundle
from training.network_format import NetworkFormat, format_of
from training.onnx_export import OUTPUT, TOLERANCE
from training.package import write_package
from training.run_settings import RunSettings

for needed in ("monai", "ignite", "nibabel"):
    pytest.importorskip(needed, reason=f"{needed} is not installed")

WIDTHS = {"santini2018": [4] * 9, "heart_finder": [4, 4, 8, 8], "leftheart": [4, 4, 8, 8]}
# Smaller than the matrix around the heart, so that air is added; multiples of 16, so that the heart finder adds none.
SHAPE_KJI = (32, 96, 112)
# Its size in a slice is even: then the matrix amid it lies on the scan's own voxels.
HEART_KJI = (slice(7, 26), slice(21, 71), slice(30, 92))


@pytest.fixture(scope="module", params=list(WIDTHS))
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    """A small network of each kind with random weights."""
    torch.manual_seed(0)
    kind: str = request.param
    network = network_class(kind)(widths=WIDTHS[kind])
    if kind == "heart_finder":
        torch.nn.init.zeros_(network.last[-1].bias)  # pyright: ignore  untrained, it finds nothing anywhere
    recipe = dataclasses.asdict(RunSettings(kind, f"small-{kind}", tuple(WIDTHS[kind])))
    findings = {"data": "virtual noise", "data_limit": "Noise only.", "validated_on": "nothing", "curve": []}
    if kind != "heart_finder":
        findings["vth_hu"] = 200.0
    return load_model(write_package(tmp_path_factory.mktemp("models"), network, recipe, findings))


@pytest.fixture(scope="module")
def bundle(package: ModelPackage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the export writes, but for the ONNX file, which MONAI does not read."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "models").mkdir()
    write_bundle(folder, package, format_of(package), {})
    return folder


def scan_and_heart(form: NetworkFormat) -> tuple[sitk.Image, sitk.Image]:
    """Smooth noise in HU at the network's own spacing, and an ellipsoid in it; upright."""
    noise = ndimage.gaussian_filter(np.random.default_rng(7).normal(size=SHAPE_KJI), 1.5)
    heart = np.zeros(SHAPE_KJI, np.uint8)
    axes = [np.linspace(-1, 1, part.stop - part.start) for part in HEART_KJI]
    heart[HEART_KJI] = sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")) <= 1.1
    images = [sitk.GetImageFromArray(np.rint(2000 * noise).astype(np.int16)), sitk.GetImageFromArray(heart)]
    for image in images:
        image.SetSpacing(form.spacing_xyz_mm)
        image.SetOrigin((-83.0, 12.0, -150.0))
    return images[0], images[1]


def ours_in(form: NetworkFormat, scan: sitk.Image, heart: sitk.Image) -> tuple[WorkingGrid, np.ndarray]:
    """The pipeline's grid, and the scan on it in HU."""
    axial = sitk.Cast(scan, sitk.sitkFloat32)
    if form.around_heart:
        inside = np.argwhere(sitk.GetArrayViewFromImage(heart) > 0)[:, ::-1]
        corners = [
            np.array(heart.TransformIndexToPhysicalPoint(n.tolist())) for n in (inside.min(0), inside.max(0))
        ]
        grid = grid_around(axial, corners[0], corners[1], form.spacing_xyz_mm, WORKING_MATRIX)
    else:
        grid = grid_over(axial, SPACING_MM, form.multiples[0])
    return grid, grid.sample(axial)


def ours(package: ModelPackage, scan: sitk.Image, heart: sitk.Image) -> tuple[WorkingGrid, np.ndarray]:
    """The pipeline's grid, and on it the network's first output, or the finder's probability of the left atrium.

    Without further views: the bundle holds one pass of the network, as its page says.
    """
    form, cpu = format_of(package), torch.device("cpu")
    grid, slices = ours_in(form, scan, heart)
    if not form.around_heart:
        return grid, find_heart(sitk.Cast(scan, sitk.sitkFloat32), package.network(), cpu).la
    one_pass = dataclasses.replace(package, card=package.card | {"views": []})
    synthetic = ContrastModel(one_pass, cpu).run(slices).synthetic_hu
    return grid, (synthetic if form.takes_slices else synthetic - slices) / 1000


def test_monai_finds_in_the_network_what_the_metadata_say(bundle: Path) -> None:
    from monai.bundle.config_parser import ConfigParser
    from monai.bundle.scripts import verify_net_in_out

    configs: dict[str, Any] = {
        "meta_file": str(bundle / "configs" / "metadata.json"),
        "config_file": str(bundle / "configs" / "inference.json"), "bundle_root": str(bundle),
    }  # fmt: skip
    for n in (1, 2):
        verify_net_in_out("network", n=n, device="cpu", **configs)
    with pytest.raises(ValueError, match="channel number"):
        configs[f"_meta_::network_data_format::outputs::{OUTPUT}::num_channels"] = 9
        verify_net_in_out("network", device="cpu", **configs)
    parser = ConfigParser()
    parser.read_meta(configs["meta_file"])
    needed = set(parser["_meta_"]["required_packages_version"])
    assert needed == {"synthetic-cect", "safetensors", "pytorch-ignite", "nibabel"}


def test_noise_of_fine_voxels_is_averaged_as_in_the_pipeline(package: ModelPackage, tmp_path: Path) -> None:
    from monai.bundle.config_parser import ConfigParser

    form = format_of(package)
    shape = (72, 220, 200)
    scan = sitk.GetImageFromArray(np.random.default_rng(3).normal(40, 60, shape).astype(np.float32))
    heart = np.zeros(shape, np.uint8)
    heart[10:60, 60:160, 50:150] = 1
    mask = sitk.GetImageFromArray(heart)
    names = {"image": scan, "heart_mask": mask}
    for name, image in names.items():
        image.SetSpacing(
            [step / finer for step, finer in zip(form.spacing_xyz_mm, (2.5, 2.5, 3), strict=True)]
        )
        sitk.WriteImage(image, str(tmp_path / f"{name}.nii.gz"))
    parser = ConfigParser(inference(form))
    made = parser.get_parsed_content("preprocessing")(
        {name: str(tmp_path / f"{name}.nii.gz") for name in names}
    )
    theirs, (_, wanted) = np.asarray(made["image"])[0], ours_in(form, scan, mask)
    amid = [
        array[tuple(slice(n // 2 - 6, n // 2 + 6) for n in array.shape)].std() for array in (theirs, wanted)
    ]
    assert amid[0] == pytest.approx(amid[1] / 1000, rel=0.3), "not three times as noisy"


def test_monai_computes_what_the_pipeline_does(package: ModelPackage, bundle: Path, tmp_path: Path) -> None:
    from monai.bundle.scripts import run

    form = format_of(package)
    scan, heart = scan_and_heart(form)
    patient = tmp_path / "native_ct [2018]" / "anna"  # neither a pattern nor the file's own name
    patient.mkdir(parents=True)
    for image, name in ((scan, "native_ct"), (heart, "heart_mask")):
        # Stored along other axes, which MONAI has to find its way back to.
        sitk.WriteImage(sitk.DICOMOrient(image, "PIR"), str(patient / f"{name}.nii.gz"))
    run(config_file=str(bundle / "configs" / "inference.json"), bundle_root=str(bundle),
        dataset_dir=str(patient.parent), output_dir=str(tmp_path / "out"), device="cpu")  # fmt: skip

    (written,) = (tmp_path / "out").rglob("*.nii.gz")
    assert ("synthetic" in written.name) == form.around_heart
    theirs = sitk.ReadImage(str(written))
    channel = theirs[:, :, :, 0 if form.around_heart else 1] if theirs.GetDimension() == 4 else theirs
    assert sitk.DICOMOrient(channel, "LPS").GetSize() == scan.GetSize()

    grid, wanted = ours(package, scan, heart)
    first = np.rint(np.subtract(grid.origin_xyz, scan.GetOrigin()) / form.spacing_xyz_mm).astype(int)[::-1]
    ends = np.minimum(first + wanted.shape, SHAPE_KJI)
    on_scan = tuple(slice(max(0, a), b) for a, b in zip(first, ends, strict=True))
    on_grid = tuple(slice(part.start - a, part.stop - a) for part, a in zip(on_scan, first, strict=True))
    got = sitk.GetArrayFromImage(sitk.DICOMOrient(channel, "LPS"))[on_scan]
    if not form.around_heart:
        got = 1 / (1 + np.exp(-got))
    assert wanted[on_grid].std() > 10 * TOLERANCE, "a network that tells voxels apart"
    assert np.abs(got - wanted[on_grid]).max() <= TOLERANCE
