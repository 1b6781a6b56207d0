"""A model package comes back as it was saved, or is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks import model_package
from SyntheticCECTLib.core.networks.model_package import (
    REQUIRED_CARD_FIELDS,
    list_models,
    load_model,
    save_model,
)
from SyntheticCECTLib.core.networks.network import Santini2018

WIDTHS = [2, 2, 4, 4, 6, 6, 8, 8, 10]


@pytest.fixture
def network() -> Santini2018:
    torch.manual_seed(1)
    network = Santini2018(WIDTHS)
    network(torch.randn(4, 1, 32, 32))  # so that the running statistics are not the initial ones
    return network.eval()


@pytest.fixture
def card() -> dict[str, Any]:
    card: dict[str, Any] = dict.fromkeys(REQUIRED_CARD_FIELDS, "for this test")
    card["architecture"] = {"name": "santini2018", "arguments": {"widths": WIDTHS}}
    return card


@pytest.fixture
def package(tmp_path: Path, network: Santini2018, card: dict[str, Any]) -> Path:
    return save_model(tmp_path, "small", network, card)


def _change_card(package: Path, **changes: Any) -> None:
    path = package / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _refusal(*arguments: Any) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        load_model(*arguments)
    return caught.value


def test_a_loaded_network_computes_what_the_saved_one_did(package: Path, network: Santini2018) -> None:
    image = torch.randn(2, 1, 32, 32)
    loaded = load_model("small", package.parent).network()
    assert not loaded.training
    torch.testing.assert_close(loaded(image), network(image), rtol=0, atol=0)


def test_networks_of_one_package_do_not_share_weights(package: Path) -> None:
    loaded = load_model(package)
    first, second = loaded.network(), loaded.network()
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(second.parameters()).abs().sum() > 0


def test_a_package_is_found_by_id_folder_and_file(package: Path) -> None:
    for name in ("small", package, str(package), package / "model.safetensors", package / "card.json"):
        assert load_model(name, package.parent).id == "small"


def test_the_card_says_the_hash_of_the_file(package: Path) -> None:
    expected = hashlib.sha256((package / "model.safetensors").read_bytes()).hexdigest()
    loaded = load_model(package)
    assert loaded.sha256 == loaded.card["sha256"] == expected


def test_settings_have_a_hash_that_changes_with_them_and_with_nothing_else(package: Path) -> None:
    usual = load_model(package).settings_sha256
    _change_card(package, results={"on": "other patients"}, licence="another")
    assert load_model(package).settings_sha256 == usual
    _change_card(package, threshold_hu=250.0)
    assert load_model(package).settings_sha256 != usual


def test_one_changed_byte_is_refused(package: Path) -> None:
    weights = package / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    refusal = _refusal(package)
    assert refusal.code == "model_hash_mismatch"
    assert hashlib.sha256(content).hexdigest() in refusal.message


def test_weights_are_not_parsed_before_the_hash_is_checked(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_package, "_read_weights", lambda *_: pytest.fail("parsed"))
    (package / "model.safetensors").write_bytes(b"something else")
    assert _refusal(package).code == "model_hash_mismatch"


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pkl", ".PTH"])
def test_a_pickle_is_refused_even_inside_a_folder(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "stranger"
    folder.mkdir()
    (folder / f"weights{suffix}").write_bytes(b"\x80\x04.")
    assert _refusal(folder / f"weights{suffix}").code == "model_unsafe"
    assert _refusal(folder).code == "model_unsafe"


def test_a_missing_model_is_refused_with_the_list_of_those_present(package: Path) -> None:
    refusal = _refusal("large", package.parent)
    assert refusal.code == "model_not_found"
    assert "small" in refusal.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": {"name": "unet", "arguments": {}}},
        {"architecture": {"name": ["santini2018"]}},
        {"architecture": {"name": "santini2018", "arguments": {"widths": [4] * 9}}},
        {"architecture": {"name": "santini2018", "arguments": {"widths": [10**6] * 9}}},
        {"architecture": {"name": "santini2018", "arguments": {"widths": [float("inf")] * 9}}},
        {"architecture": {"name": "santini2018", "arguments": {"depth": 3}}},
        {"architecture": "santini2018"},
    ],
)
def test_a_card_that_does_not_fit_the_weights_is_refused(package: Path, changes: dict[str, Any]) -> None:
    _change_card(package, **changes)
    assert _refusal(package).code == "model_card_invalid"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"id": "small"}'])
def test_an_unreadable_card_is_refused_and_listed_with_its_problem(package: Path, text: str) -> None:
    (package / "card.json").write_text(text)
    assert _refusal(package).code == "model_card_invalid"
    (listing,) = list_models(package.parent)
    assert listing.problem is not None


def test_a_truncated_file_with_a_matching_hash_is_refused(package: Path) -> None:
    content = (package / "model.safetensors").read_bytes()[:-100]
    (package / "model.safetensors").write_bytes(content)
    _change_card(package, sha256=hashlib.sha256(content).hexdigest())
    assert _refusal(package).code == "model_unreadable"


def test_saving_again_replaces_and_leaves_nothing_behind(
    package: Path, network: Santini2018, card: dict[str, Any]
) -> None:
    save_model(package.parent, "small", network, {**card, "licence": "new"})
    assert load_model(package).card["licence"] == "new"
    assert [p.name for p in package.parent.iterdir()] == ["small"]


def test_a_failed_save_keeps_the_old_package(
    package: Path, network: Santini2018, card: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        save_model(package.parent, "small", network, {**card, "licence": object()})
    assert load_model(package).card["licence"] == "for this test"
    assert [p.name for p in package.parent.iterdir()] == ["small"]


def test_a_card_that_does_not_rebuild_the_network_cannot_be_saved(
    tmp_path: Path, network: Santini2018, card: dict[str, Any]
) -> None:
    card["architecture"] = {"name": "santini2018", "arguments": {}}
    with pytest.raises(ValueError, match="does not fit its weights"):
        save_model(tmp_path, "small", network, card)
    with pytest.raises(ValueError, match="lacks: architecture"):
        save_model(tmp_path, "small", network, {})
    with pytest.raises(ValueError, match="may hold only"):
        save_model(tmp_path, "../small", network, card)
    assert not list(tmp_path.iterdir())


def test_models_are_listed_by_id_and_an_absent_folder_has_none(
    package: Path, network: Santini2018, card: dict[str, Any]
) -> None:
    save_model(package.parent, "another", network, card)
    assert [listing.id for listing in list_models(package.parent)] == ["another", "small"]
    assert list_models(package.parent / "absent") == []


def test_weights_stored_as_float16_are_computed_in_float32(
    tmp_path: Path, network: Santini2018, card: dict[str, Any]
) -> None:
    save_model(tmp_path, "half", network.half(), card)
    loaded = load_model("half", tmp_path).network()
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}


@pytest.mark.parametrize("model_id", ["../other", "a\nSyntheticCECT_note:=acquired", "", ".hidden"])
def test_an_id_that_could_not_have_been_saved_is_refused(package: Path, model_id: str) -> None:
    _change_card(package, id=model_id)
    assert _refusal(package).code == "model_card_invalid"
