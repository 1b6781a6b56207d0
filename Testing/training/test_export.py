"""An exported model computes what the model does, and its folder is a bundle without a pickle in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart
from SyntheticCECTLib.core.networks.model_package import load_model, save_model
from SyntheticCECTLib.core.version import RESEARCH_USE
from training import export_command
from training.example_images import example_images
from training.export_command import export
from training.network_format import FORMATS
from training.onnx_export import TOLERANCE

for package in ("onnx", "onnxscript"):
    pytest.importorskip(package, reason=f"{package} is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

FILES = {
    "configs/metadata.json", "configs/inference.json", "docs/README.md", "docs/license.txt", "models/card.json",
    "models/model.onnx", "models/model.safetensors",
}  # fmt: skip


@pytest.fixture(scope="module")
def left_heart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with random weights, as a package."""
    torch.manual_seed(0)
    widths, card = [4, 4, 8, 8], dict(load_model("santini2018").card)
    card["architecture"] = {"name": "leftheart", "arguments": {"widths": widths}}
    return save_model(tmp_path_factory.mktemp("models"), "small-leftheart", LeftHeart(widths), card)


@pytest.fixture(scope="module", params=["santini2018", "heart_finder", "leftheart"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Kind of network, and the folder that was made of it."""
    kind: str = request.param
    folder = tmp_path_factory.mktemp("export") / kind
    model = request.getfixturevalue("left_heart") if kind == "leftheart" else kind
    found = export(model, folder)
    assert set(found) == {"noise", "virtual patient"} and max(found.values()) <= TOLERANCE
    return kind, folder


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_folder_holds_a_bundle_and_nothing_else(exported: tuple[str, Path]) -> None:
    _, folder = exported
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == FILES


def test_onnx_runs_at_any_size_that_is_such_a_multiple(exported: tuple[str, Path]) -> None:
    kind, folder = exported
    session = onnxruntime.InferenceSession(str(folder / "models" / "model.onnx"))
    network, multiples = load_model(folder / "models").network(), FORMATS[kind].multiples
    for count, factor in ((1, 3), (3, 2)):
        sizes = [factor * multiple for multiple in multiples]
        image = np.random.default_rng(count).normal(0, 0.3, (count, 1, *sizes)).astype(np.float32)
        with torch.inference_mode():
            wanted = network(torch.from_numpy(image)).numpy()
        (got,) = session.run(["pred"], {"image": image})
        assert got.shape == wanted.shape == (count, len(FORMATS[kind].channels), *sizes)
        assert np.abs(got - wanted).max() <= TOLERANCE


def test_models_folder_is_a_package_with_the_same_weights(exported: tuple[str, Path]) -> None:
    kind, folder = exported
    package = load_model(folder / "models")
    assert package.card["architecture"]["name"] == kind
    assert read(folder / "configs" / "metadata.json")["weights_sha256"] == package.sha256


def test_metadata_has_what_a_monai_bundle_must_have(exported: tuple[str, Path]) -> None:
    kind, folder = exported
    found = read(folder / "configs" / "metadata.json")
    # MONAI Bundle Specification, metadata.json: mandatory keys; MONAI reads optional_packages_version over this one.
    assert "optional_packages_version" not in found
    for key in ("version", "monai_version", "pytorch_version", "numpy_version", "required_packages_version", "task",
                "description", "authors", "copyright", "network_data_format"):  # fmt: skip
        assert found[key], key
    tensors = found["network_data_format"]
    for tensor in (tensors["inputs"]["image"], tensors["outputs"]["pred"]):
        assert set(tensor) == {"type", "format", "modality", "num_channels", "spatial_shape", "dtype", "value_range",
                               "is_patch_data", "channel_def"}  # fmt: skip
        assert len(tensor["channel_def"]) == tensor["num_channels"]
        sizes = [int(size.removesuffix("*n")) for size in tensor["spatial_shape"]]
        assert tuple(sizes) == FORMATS[kind].multiples
    assert "esearch use only" in found["intended_use"] and "simulated" in found["data_type"]


def test_inference_refers_only_to_what_it_defines_and_marks_what_is_synthetic(
    exported: tuple[str, Path],
) -> None:
    kind, folder = exported
    config = read(folder / "configs" / "inference.json")
    for name in set(re.findall(r"@(\w+)", json.dumps(config))):
        assert name in config, name
    written = config["postprocessing"]["transforms"][-1]
    assert ("synthetic" in written["output_postfix"]) == (kind != "heart_finder")
    keys = config["preprocessing"]["transforms"][0]["keys"]
    assert keys == (["image"] if kind == "heart_finder" else ["image", "heart_mask"])


def test_page_tells_use_limits_and_how_it_was_checked(exported: tuple[str, Path]) -> None:
    _, folder = exported
    page = (folder / "docs" / "README.md").read_text(encoding="utf-8")
    assert RESEARCH_USE in page and "simulated patients only" in page
    assert re.search(r"\| noise \| [\d.e-]+ \|\n\| virtual patient \| [\d.e-]+ \|", page)


def test_virtual_patient_fills_the_grid_with_a_chest() -> None:
    image = example_images(FORMATS["santini2018"])["virtual patient"]
    assert image.shape[1:] == (1, 128, 128) and len(image) > 20
    middle = image[len(image) // 2, 0]
    assert middle.min() < -0.7 and 0.0 < np.median(middle[48:80, 48:80]) < 0.1, (
        "lung around, blood in the middle"
    )


def test_network_that_onnx_computes_otherwise_is_not_written(
    left_heart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_command, "differences", lambda *_: {"noise": float("nan"), "patient": 0.0})
    with pytest.raises(InputRefused, match="differ by nan on noise"):
        export(left_heart, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_full_folder_and_missing_packages_are_refused(
    left_heart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputRefused, match="is not empty"):
        export(left_heart, left_heart)
    with pytest.raises(InputRefused, match="is a file"):
        export(left_heart, left_heart / "card.json")
    monkeypatch.setattr(export_command, "find_spec", lambda name: None)
    with pytest.raises(InputRefused, match="needs onnx and onnxscript and onnxruntime"):
        export(left_heart, tmp_path / "out")
