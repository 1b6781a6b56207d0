"""Ways to run the same weights over the same slices: ours, plain PyTorch, ONNX Runtime and OpenVINO."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from SyntheticCECTLib.core.networks.inference import PreparedNetwork

Images = NDArray[np.float32]
Way = Callable[[], Images]


def ways(network: nn.Module, images: Images, threads: int) -> tuple[dict[str, Way], list[str]]:
    """Every way that is installed here, ready to run, and a line for each that is not."""
    prepared = PreparedNetwork(network)
    found: dict[str, Way] = {
        "ours": lambda: prepared.run(images),
        "PyTorch, one plain batch": lambda: _plain(network, images),
    }
    missing = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        try:
            _export(network, images, path)
        except ImportError as error:
            return found, [f"ONNX Runtime and OpenVINO: the export needs onnx ({error})"]
        for name, add in (("ONNX Runtime", _onnx_runtime), ("OpenVINO", _openvino)):
            try:
                found.update(add(path, images, threads))
            except ImportError as error:
                missing.append(f"{name}: not installed ({error})")
    return found, missing


def flop_per_slice(network: nn.Module, rows: int, columns: int) -> float:
    """Multiplications and additions of the convolutions; a doubling one has one tap per output pixel."""
    total = 0

    def count(layer: nn.Module, _: Any, output: torch.Tensor) -> None:
        nonlocal total
        taps = 1
        if isinstance(layer, nn.Conv2d):
            taps = layer.kernel_size[0] * layer.kernel_size[1]
        total += 2 * int(layer.in_channels) * taps * output.numel()  # pyright: ignore[reportArgumentType]

    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        network(torch.zeros(1, 1, rows, columns))
    for hook in hooks:
        hook.remove()
    return float(total)


def _plain(network: nn.Module, images: Images) -> Images:
    with torch.inference_mode():
        return network(torch.from_numpy(images)).numpy()


def _export(network: nn.Module, images: Images, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns about the checks of the input's shape
        torch.onnx.export(
            network,
            (torch.from_numpy(images[:2]),),
            str(path),
            input_names=["images"],
            output_names=["result"],
            dynamic_axes={"images": {0: "n"}, "result": {0: "n"}},
            dynamo=False,
        )


def _batches(images: Images, size: int) -> list[Images]:
    return [images[start : start + size] for start in range(0, len(images), size)]


def _onnx_runtime(path: Path, images: Images, threads: int) -> dict[str, Way]:
    import onnxruntime  # pyright: ignore[reportMissingImports]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(size: int) -> Way:
        return lambda: np.concatenate(
            [np.asarray(session.run(None, {"images": batch})[0]) for batch in _batches(images, size)]
        )

    return {f"ONNX Runtime, batches of {size}": run(size) for size in (1, 4)}


def _openvino(path: Path, images: Images, threads: int) -> dict[str, Way]:
    import openvino  # pyright: ignore[reportMissingImports]

    core = openvino.Core()

    def compiled(size: int, hint: str) -> Any:
        model = core.read_model(str(path))
        model.reshape([size, *images.shape[1:]])
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": hint,
        }
        return core.compile_model(model, "CPU", settings)

    def run(size: int) -> Way:
        request = compiled(size, "LATENCY").create_infer_request()
        return lambda: np.concatenate(
            [request.infer({0: batch})[0].copy() for batch in _batches(images, size)]
        )

    def streams() -> Images:
        results: list[Images] = [images[:0]] * len(images)
        queue = openvino.AsyncInferQueue(throughput)
        queue.set_callback(
            lambda request, n: results.__setitem__(n, request.get_output_tensor(0).data.copy())
        )
        for number in range(len(images)):
            queue.start_async({0: images[number : number + 1]}, number)
        queue.wait_all()
        return np.concatenate(results)

    throughput = compiled(1, "THROUGHPUT")
    sizes = [size for size in (1, 4) if len(images) % size == 0]
    return {
        **{f"OpenVINO, batches of {size}": run(size) for size in sizes},
        "OpenVINO, throughput mode": streams,
    }
