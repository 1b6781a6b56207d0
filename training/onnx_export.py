"""Writes a network as ONNX, and holds what it computes there against PyTorch."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

INPUT, OUTPUT = "image", "pred"
TOLERANCE = 1e-3
"""Largest difference that is let pass, in the network's own unit: 1 HU, or a thousandth of a logit."""

_MOST_MULTIPLES = 64


def export_onnx(network: nn.Module, multiples: tuple[int, ...], path: Path) -> None:
    """Write ``path``, weights inside, for any number of images of any size that is such a multiple.

    Args:
        network: In evaluation mode, on the CPU.
        multiples: Of each size of an image, (J, I) or (K, J, I).
        path: The file.
    """
    image = torch.zeros((2, 1, *(2 * multiple for multiple in multiples)))
    sizes = {0: torch.export.Dim("n", max=4096)}
    for axis, (name, multiple) in enumerate(zip("kji"[-len(multiples) :], multiples, strict=True), start=2):
        sizes[axis] = multiple * torch.export.Dim(name, max=_MOST_MULTIPLES)
    # The exporter lists packages that it could convert layers of, and that are not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.onnx.export(
            network, (image,), str(path), input_names=[INPUT], output_names=[OUTPUT], dynamic_shapes=(sizes,),
            dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip


def differences(
    network: nn.Module, path: Path, images: Mapping[str, NDArray[np.float32]]
) -> dict[str, float]:
    """How far ONNX Runtime's results lie from PyTorch's at most, for each image, in the network's own unit."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = {}
    for name, image in images.items():
        with torch.inference_mode():
            wanted = network(torch.from_numpy(image)).numpy()
        got = np.asarray(session.run([OUTPUT], {INPUT: image})[0])
        found[name] = float(np.abs(got - wanted).max())
    return found
