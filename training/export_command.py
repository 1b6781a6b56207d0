"""``python -m training export MODEL -o DIR``: a model for other programs, as ONNX and in the shape of a MONAI bundle."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.output_folder import output_folder
from SyntheticCECTLib.core.networks.model_package import load_model

from .example_images import example_images
from .monai_bundle import ONNX_NAME, write_bundle
from .network_format import format_of
from .onnx_export import TOLERANCE, differences, export_onnx

NEEDED = ("onnx", "onnxscript", "onnxruntime")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="id of a bundled model, or a package folder")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new folder")


def run(options: argparse.Namespace) -> None:
    found = export(options.model, options.output)
    for name, difference in found.items():
        print(
            f"{name:16} ONNX Runtime and PyTorch differ by at most {difference:.2g} (allowed: {TOLERANCE:g})"
        )
    print(f"{'written':16} {options.output}")


def export(model: str | Path, output: Path) -> dict[str, float]:
    """Write the bundle, all of it or nothing.

    Args:
        model: Id of a bundled model, or a package folder.
        output: A new folder.

    Returns:
        How far ONNX Runtime and PyTorch lie apart at most, by image.

    Raises:
        InputRefused: ``no_onnx``, ``export_exists``, ``not_exportable``, or ``export_differs``: what was written would not
            compute what the model does.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise InputRefused(
            "no_onnx",
            f"The export needs {' and '.join(missing)}.",
            "Install: pip install 'synthetic-cect[training]'.",
        )
    if output.exists() and not output.is_dir():
        raise InputRefused("export_exists", f"'{output}' is a file.", "Name a new folder.")
    if output.exists() and any(output.iterdir()):
        raise InputRefused("export_exists", f"'{output}' is not empty.", "Name a new folder.")
    package = load_model(model)
    form, network = format_of(package), package.network()
    with output_folder(output) as folder:
        (folder / "models").mkdir()
        export_onnx(network, form.multiples, folder / "models" / ONNX_NAME)
        found = differences(network, folder / "models" / ONNX_NAME, example_images(form))
        too_far = {name: difference for name, difference in found.items() if not difference <= TOLERANCE}
        if too_far:
            raise InputRefused(
                "export_differs",
                f"ONNX Runtime and PyTorch differ by {max(too_far.values()):.2g} on {' and '.join(too_far)}.",
                "Use the versions of constraints.txt; nothing was written.",
            )
        write_bundle(folder, package, form, found)
    return found
