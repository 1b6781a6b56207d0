"""The page that comes with an exported model: what it is for, what it takes and gives, how well, and its limits."""

from __future__ import annotations

from collections.abc import Mapping

from SyntheticCECTLib.core.networks.model_package import ModelPackage
from SyntheticCECTLib.core.pipeline import WORKING_MATRIX
from SyntheticCECTLib.core.version import RESEARCH_USE, VERSION

from .network_format import AIR, NetworkFormat
from .onnx_export import TOLERANCE


def page(package: ModelPackage, form: NetworkFormat, checked: Mapping[str, float]) -> str:
    """Content of ``README.md``.

    Args:
        package: What is exported.
        form: Of its network.
        checked: How far ONNX Runtime and PyTorch lie apart at most, by image.
    """
    card = package.card
    figures = card.get("results", {}).get("whole path", {})
    parts = [
        f"# {package.id}\n",
        f"> **{RESEARCH_USE}**\n",
        f"{card['intended_use']}\n",
        f"Exported by SyntheticCECT {VERSION}. Weights: SHA-256 `{package.sha256}`. Licence: {card['licence']}.\n",
        "## In\n",
        f"{_input(form)}\n",
        "## Out\n",
        "The same size, float32, one channel for each of these:\n",
        *(f"- {number}: {channel}" for number, channel in enumerate(form.channels)),
        *_threshold(package),
        "\n## Files\n",
        "| file | holds |\n|---|---|",
        "| `models/model.onnx` | the network, for any ONNX runtime: input `image`, output `pred` |",
        "| `models/model.safetensors`, `models/card.json` | the same as a package of SyntheticCECT |",
        "| `configs/metadata.json`, `configs/inference.json` | for MONAI, with `synthetic-cect` installed |",
        "\nThere is no `model.pt`: it would be a pickle, which can run any code when it is loaded.\n",
        "In this folder:\n",
        "    pip install 'monai[fire,ignite,nibabel]>=1.6'\n"
        "    python -m monai.bundle run --config_file configs/inference.json --dataset_dir DATA --output_dir OUT\n",
        f"{_data(form)}\n",
        "## Checked\n",
        f"ONNX Runtime against PyTorch, largest difference (allowed: {TOLERANCE:g}, that is 1 HU or 0.001 of a logit):\n",
        "| image | difference |\n|---|---|",
        *(f"| {name} | {difference:.2g} |" for name, difference in checked.items()),
    ]
    if figures:
        parts += [
            f"\n## How well\n\nWhole path of SyntheticCECT, on {figures['on']}:\n",
            "| figure | mean +- SD |\n|---|---|",
            *(f"| {name} | {value} |" for name, value in figures.items() if name != "on"),
        ]
    parts += [
        "\n## Trained on\n",
        f"{card['training_data']}\n",
        "## Limits\n",
        *(f"- {limit}" for limit in card.get("limits", ())),
    ]
    return "\n".join(parts) + "\n"


def _threshold(package: ModelPackage) -> list[str]:
    card = package.card
    if "threshold_hu" not in card:
        return []
    lines = [f"\nChambers are at least {card['threshold_hu']:.0f} HU bright ({card['threshold_origin']})."]
    if "views" in card:
        lines.append(
            "This network answers once; SyntheticCECT averages its outputs over the block and "
            f"{len(card['views'])} turned and scaled views of it."
        )
    return lines


def _input(form: NetworkFormat) -> str:
    axes = "KJI"[-len(form.multiples) :]
    shape = ", ".join(axes)
    multiples = ", ".join(
        f"{axis} of {multiple}" for axis, multiple in zip(axes, form.multiples, strict=True)
    )
    x, y, z = form.spacing_xyz_mm
    what = "axial slices" if form.takes_slices else "a block"
    where = "the whole chest"
    if form.around_heart:
        where = f"{WORKING_MATRIX} x {WORKING_MATRIX} pixels amid the box around the heart"
    return (
        f"CT without contrast agent, {what} (N, 1, {shape}), float32, HU / 1000 clipped to -1.024 to 3.071; sizes are "
        f"multiples: {multiples}. Grid: {x:g} x {y:g} mm in the slice, slices {z:g} mm apart, {where}; finer voxels are "
        f"averaged. K runs to the head, J to the back, I to the patient's left; air ({AIR:g}) stands for what was not scanned."
    )


def _data(form: NetworkFormat) -> str:
    mask = " and `heart_mask.nii.gz` (from heart_finder, or drawn)" if form.around_heart else ""
    unit = (
        "0 outside the matrix around the heart" if form.around_heart else "0 where the chest was not scanned"
    )
    return (
        f"`DATA` has a folder for each patient with `native_ct.nii.gz`{mask}. What is written is the network's output, unscaled, "
        f"on the CT's grid, {unit}."
    )
