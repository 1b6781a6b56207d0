"""The shape of a MONAI bundle: metadata, a script for inference, a page to read, and the model.

Instead of ``model.pt``, which would be a pickle, there are ``model.safetensors`` with its card, and ``model.onnx``.

Source: MONAI Bundle Specification, docs.monai.io/en/stable/mb_specification.html.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from SyntheticCECTLib.core.networks.inference import HU_PER_UNIT, HU_RANGE
from SyntheticCECTLib.core.networks.model_package import CARD_NAME, WEIGHTS_NAME, ModelPackage
from SyntheticCECTLib.core.pipeline import WORKING_MATRIX
from SyntheticCECTLib.core.version import VERSION

from .bundle_page import page
from .network_format import AIR, NetworkFormat
from .onnx_export import INPUT, OUTPUT
from .package import SIMULATED

ONNX_NAME = "model.onnx"
MONAI_VERSION = "1.6.1"
"""What the bundles were tried with."""
NEEDED = {"pytorch-ignite": "0.5.5", "nibabel": "5.4.2"}
"""What MONAI's evaluator and its reader of NIfTI need besides, and were tried with."""
SCHEMA = (
    "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
)
LICENCE = Path(__file__).resolve().parents[1] / "LICENSE"


def write_bundle(
    folder: Path, package: ModelPackage, form: NetworkFormat, checked: Mapping[str, float]
) -> None:
    """Write everything but the ONNX file, which lies in ``models`` already.

    Args:
        folder: The bundle.
        package: What is exported.
        form: Of its network.
        checked: How far ONNX Runtime and PyTorch lie apart at most, by image.
    """
    for name in ("configs", "docs"):
        (folder / name).mkdir()
    for name in (WEIGHTS_NAME, CARD_NAME):
        shutil.copyfile(package.folder / name, folder / "models" / name)
    _write_json(folder / "configs" / "metadata.json", metadata(package, form))
    _write_json(folder / "configs" / "inference.json", inference(form))
    (folder / "docs" / "README.md").write_text(page(package, form, checked), encoding="utf-8")
    shutil.copyfile(LICENCE, folder / "docs" / "license.txt")


def metadata(package: ModelPackage, form: NetworkFormat) -> dict[str, Any]:
    """Content of ``metadata.json``."""
    card = package.card
    sizes = [f"{multiple}*n" for multiple in form.multiples]

    def tensor(format_name: str, channels: tuple[str, ...], value_range: list[float]) -> dict[str, Any]:
        return {
            "type": "image", "format": format_name, "modality": "CT", "num_channels": len(channels),
            "spatial_shape": sizes, "dtype": "float32", "value_range": value_range,
            "is_patch_data": form.around_heart, "channel_def": dict(enumerate(channels)),
        }  # fmt: skip

    return {
        "schema": SCHEMA,
        "version": VERSION,
        "changelog": {VERSION: "exported by synthetic-cect"},
        "name": package.id,
        "monai_version": MONAI_VERSION,
        "pytorch_version": torch.__version__.partition("+")[0],
        "numpy_version": version("numpy"),
        "required_packages_version": {"synthetic-cect": VERSION, "safetensors": version("safetensors"), **NEEDED},
        "task": card["intended_use"].partition(".")[0] + ".",
        "description": card["intended_use"],
        "intended_use": " ".join([card["intended_use"], *card.get("limits", ())]),
        "authors": "SyntheticCECT contributors",
        "copyright": f"Licence: {card['licence']}",
        "data_source": card["training_data"],
        "data_type": "simulated" if SIMULATED in card["limits"] else "CT",
        "references": ["Santini et al., Synthetic contrast enhancement in cardiac CT with Deep Learning, arXiv 1807.01779"],
        "weights_sha256": package.sha256,
        "network_data_format": {
            "inputs": {INPUT: tensor("hounsfield", ("CT without contrast, HU / 1000",), [AIR, HU_RANGE[1] / HU_PER_UNIT])},
            "outputs": {OUTPUT: tensor("raw", form.channels, [])},
        },
    }  # fmt: skip


def inference(form: NetworkFormat) -> dict[str, Any]:
    """Content of ``inference.json``: from ``dataset_dir/PATIENT/native_ct.*`` to the network's outputs on the CT's grid.

    Networks of the heart's surroundings also want ``heart_mask.*`` beside it. Axes are turned to (K, J, I), which run to
    head, back and left.
    """
    keys = ["image", "heart_mask"] if form.around_heart else ["image"]
    # Folders may be called native_ct, too.
    beside = ", 'heart_mask': 'heart_mask'.join(f.rsplit('native_ct', 1))" if form.around_heart else ""
    inferer = {"_target_": "SimpleInferer"}
    if form.takes_slices:
        inferer = {
            "_target_": "SliceInferer", "roi_size": [WORKING_MATRIX] * 2, "spatial_dim": 0, "sw_batch_size": 8,
        }  # fmt: skip
    return {
        "imports": [
            "$import glob",
            "$import torch",
            "$from monai.transforms import GaussianSmooth",
            "$from SyntheticCECTLib.core.networks.model_package import load_model",
        ],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/data'",
        "output_dir": "$@bundle_root + '/eval'",
        "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        # The loader checks the weights' hash against the card and reads safetensors only.
        "network_def": "$load_model(@bundle_root + '/models').network()",
        "network": "$@network_def.to(@device)",
        "data": "$[{'image': f" + beside + "} for f in sorted(glob.glob(glob.escape(@dataset_dir) + '/*/native_ct.*'))]",
        "preprocessing": {"_target_": "Compose", "transforms": _preprocessing(form, keys)},
        "dataset": {"_target_": "Dataset", "data": "@data", "transform": "@preprocessing"},
        "dataloader": {"_target_": "DataLoader", "dataset": "@dataset", "batch_size": 1},
        "inferer": inferer,
        "postprocessing": {"_target_": "Compose", "transforms": _postprocessing(form)},
        "evaluator": {
            "_target_": "SupervisedEvaluator", "device": "@device", "val_data_loader": "@dataloader",
            "network": "@network", "inferer": "@inferer", "postprocessing": "@postprocessing",
        },
        "run": ["$@evaluator.run()"],
    }  # fmt: skip


def _preprocessing(form: NetworkFormat, keys: list[str]) -> list[dict[str, Any]]:
    spacing = list(form.spacing_xyz_mm[::-1])
    steps: list[dict[str, Any]] = [
        {"_target_": "LoadImaged", "keys": keys, "image_only": True, "ensure_channel_first": True},
        {"_target_": "Orientationd", "keys": keys, "axcodes": "SPL"},
        {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": HU_RANGE[0], "a_max": HU_RANGE[1], "b_min": AIR,
         "b_max": HU_RANGE[1] / HU_PER_UNIT, "clip": True},
        {"_target_": "Lambdad", "keys": "image", "func": _smoothing(spacing)},
        {"_target_": "Spacingd", "keys": keys, "pixdim": spacing, "mode": ["bilinear", "nearest"][: len(keys)]},
    ]  # fmt: skip
    if form.around_heart:
        half = WORKING_MATRIX // 2
        # As large a margin as the matrix, so that the matrix is cut amid the heart and holds what surrounds it.
        steps += [
            {"_target_": "CropForegroundd", "keys": "image", "source_key": "heart_mask", "margin": [0, half, half],
             "allow_smaller": False, "mode": "constant", "constant_values": AIR},
            {"_target_": "CenterSpatialCropd", "keys": "image", "roi_size": [-1, WORKING_MATRIX, WORKING_MATRIX]},
        ]  # fmt: skip
    if not form.takes_slices:
        steps.append(
            {"_target_": "DivisiblePadd", "keys": "image", "k": list(form.multiples), "method": "end",
             "mode": "constant", "constant_values": AIR}
        )  # fmt: skip
    return steps


def _smoothing(spacing_mm: list[float]) -> str:
    """What `WorkingGrid.sample` averages of finer voxels, which MONAI passes over, as a Gaussian of the same variance.

    Of n voxels that is (n^2 - 1) / 12 for their box, and on average (n^2 - 1) / 6 for the line between two boxes instead of
    two voxels.
    """
    box = f"[max(1, int(wide / own + 0.01)) for wide, own in zip({spacing_mm}, x.pixdim.tolist())]"
    return f"$lambda x: GaussianSmooth([((n * n - 1) / 4 + 1e-12) ** 0.5 for n in {box}])(x)"


def _postprocessing(form: NetworkFormat) -> list[dict[str, Any]]:
    # What holds synthetic contrast must say so in its file's name.
    name = "synthetic" if form.around_heart else "heart_logits"
    return [
        {"_target_": "Invertd", "keys": OUTPUT, "transform": "@preprocessing", "orig_keys": INPUT,
         "nearest_interp": False},
        {"_target_": "SaveImaged", "keys": OUTPUT, "output_dir": "@output_dir", "data_root_dir": "@dataset_dir",
         "output_postfix": name},
    ]  # fmt: skip


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(
        json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
