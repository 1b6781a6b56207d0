"""Model packages: a folder with ``model.safetensors`` and ``card.json``, checked before anything is loaded.

Weights come from safetensors only, and only when their SHA-256 is the one on the card. Files that Python
would unpickle (.pt, .pth, .pkl ...) can run code on loading and are refused. The network is first built
without memory, so a card that claims absurd sizes is found out by comparing shapes with the file and not by
exhausting the machine.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputRefused

if TYPE_CHECKING:
    import torch
    from torch import nn

WEIGHTS_NAME, CARD_NAME = "model.safetensors", "card.json"
CARD_FORMAT = 1
REQUIRED_CARD_FIELDS = (
    "architecture",
    "working_grid",
    "hu_scaling",
    "training_data",
    "intended_use",
    "licence",
)
# What a card says about running its model: equal weights with another of these give another result.
RUN_FIELDS = ("working_grid", "hu_scaling", "threshold_hu", "views", "volume_interval")
_PICKLE_SUFFIXES = {".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib"}
MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


# Name on the card -> module beside this one and class, built from the card's arguments; it is imported where it is needed,
# since listing models needs no torch. Buffers of these networks must be persistent: everything in them comes from the
# weights file.
ARCHITECTURES = {
    "santini2018": ("network", "Santini2018"),
    "heart_finder": ("heart_network", "HeartFinder"),
    "leftheart": ("left_heart_network", "LeftHeart"),
}


def network_class(architecture: str) -> type[nn.Module]:
    """The class of one of `ARCHITECTURES`."""
    module, name = ARCHITECTURES[architecture]
    return getattr(import_module(f".{module}", __package__), name)


@dataclass(frozen=True)
class ModelPackage:
    """A package whose hash has been checked.

    Attributes:
        id: Name of the package.
        card: Everything on the card.
        sha256: Hash of the weights file, lower-case hexadecimal.
        folder: Where it was read.
    """

    id: str
    card: dict[str, Any]
    sha256: str
    folder: Path
    _weights: dict[str, torch.Tensor] = field(repr=False)

    @property
    def settings_sha256(self) -> str:
        """Hash of `RUN_FIELDS` of the card, lower-case hexadecimal."""
        said = json.dumps({key: self.card.get(key) for key in RUN_FIELDS}, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def network(self) -> nn.Module:
        """A new network with these weights: float32, on the CPU, in evaluation mode.

        Raises:
            InputRefused: ``model_card_invalid``, the card's architecture does not fit the weights.
        """
        network = _build(self.card["architecture"], self.id, self._weights)
        return network.requires_grad_(False).eval()


@dataclass(frozen=True)
class ModelListing:
    """One package found in a folder: its card, or the problem that keeps it from being used."""

    id: str
    folder: Path
    card: dict[str, Any]
    problem: str | None = None


def models_folder() -> Path:
    """Where the bundled packages lie: beside the module (checkout, Slicer), or in the package (a wheel)."""
    beside_module = Path(__file__).resolve().parents[3] / "Resources" / "Models"
    inside_package = Path(__file__).resolve().parents[2] / "bundled_models"
    return inside_package if inside_package.is_dir() and not beside_module.is_dir() else beside_module


def list_models(folder: str | Path | None = None) -> list[ModelListing]:
    """The packages in a folder (default: the bundled ones), by id. Cards are read, weights are not."""
    root = Path(folder) if folder is not None else models_folder()
    listings = []
    for candidate in sorted(root.iterdir()) if root.is_dir() else []:
        if not (candidate / CARD_NAME).is_file() or candidate.name.startswith("."):
            continue
        try:
            listings.append(ModelListing(candidate.name, candidate, _read_card(candidate)))
        except InputRefused as refusal:
            listings.append(ModelListing(candidate.name, candidate, {}, refusal.message))
    return listings


def load_model(id_or_path: str | Path, folder: str | Path | None = None) -> ModelPackage:
    """Read a package and check it.

    Args:
        id_or_path: Id of a package in ``folder``, or a path to a package folder (or to a file inside one).
        folder: Where ids are looked up; default: the bundled models.

    Raises:
        InputRefused: ``model_not_found``, ``model_unsafe`` (a pickle), ``model_card_invalid``,
            ``model_hash_mismatch``.
    """
    package = _locate(id_or_path, Path(folder) if folder is not None else models_folder())
    card = _read_card(package)
    content = (package / WEIGHTS_NAME).read_bytes()
    # Hash and load the same bytes: the file on disk may change in between.
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != str(card["sha256"]).lower():
        raise InputRefused(
            "model_hash_mismatch",
            f"{package / WEIGHTS_NAME} has SHA-256 {sha256}, but its card says {card['sha256']}.",
            "The file is damaged or not the one the card describes: get the package again from its source.",
        )
    model_id = str(card.get("id", package.name))
    # It goes into the headers and names of files.
    if "id" in card and not MODEL_ID.fullmatch(model_id):
        raise _bad_card(
            package, f"has the id {model_id!r}; letters, digits, dot, dash and underscore are allowed"
        )
    loaded = ModelPackage(model_id, card, sha256, package, _read_weights(content, package))
    _build(
        card["architecture"], model_id, loaded._weights
    )  # a card that does not fit is found here, not later
    return loaded


def save_model(folder: str | Path, model_id: str, network: nn.Module, card: Mapping[str, Any]) -> Path:
    """Write ``folder/model_id`` all at once or not at all; an existing package of that id is replaced.

    Args:
        folder: The models folder.
        model_id: Letters, digits, dot, dash, underscore.
        network: The trained network; its state is stored as it is.
        card: Every field of ``REQUIRED_CARD_FIELDS``; ``architecture`` is ``{"name": ..., "arguments":
            {...}}``. ``id``, ``format`` and ``sha256`` are filled in here.

    Returns:
        The package's folder.

    Raises:
        ValueError: A bad id, missing card fields, or a card that does not rebuild this network.
    """
    if not MODEL_ID.fullmatch(model_id):
        raise ValueError(f"Model id '{model_id}' may hold only letters, digits, dot, dash and underscore.")
    missing = [name for name in REQUIRED_CARD_FIELDS if name not in card]
    if missing:
        raise ValueError(f"The card of '{model_id}' lacks: {', '.join(missing)}.")
    import safetensors.torch

    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    try:
        _build(card["architecture"], model_id, state)
    except InputRefused as refusal:
        raise ValueError(refusal.message) from refusal
    content = safetensors.torch.save(state)
    full_card = {**card, "id": model_id, "format": CARD_FORMAT, "sha256": hashlib.sha256(content).hexdigest()}
    text = json.dumps(full_card, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    # Beside its destination, so that the rename stays within one file system.
    with tempfile.TemporaryDirectory(prefix=f".{model_id}.", dir=root) as name:
        fresh, replaced = Path(name) / "fresh", Path(name) / "replaced"
        fresh.mkdir()
        (fresh / WEIGHTS_NAME).write_bytes(content)
        (fresh / CARD_NAME).write_text(text, encoding="utf-8")
        _swap(fresh, root / model_id, replaced)
    return root / model_id


def _swap(fresh: Path, destination: Path, replaced: Path) -> None:
    """Put ``fresh`` where ``destination`` is; the old one comes back when that fails."""
    had_one = destination.exists()
    if had_one:
        destination.rename(replaced)
    try:
        fresh.rename(destination)
    except OSError:
        if had_one:
            replaced.rename(destination)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def _locate(id_or_path: str | Path, root: Path) -> Path:
    path = Path(id_or_path)
    if path.suffix.lower() in _PICKLE_SUFFIXES:
        raise _unsafe(path)
    if path.name in (WEIGHTS_NAME, CARD_NAME) and path.is_file():
        path = path.parent
    is_id = isinstance(id_or_path, str) and MODEL_ID.fullmatch(id_or_path) is not None
    package = root / path.name if is_id and (root / path.name).is_dir() else path
    if package.is_dir():
        if (package / WEIGHTS_NAME).is_file() and (package / CARD_NAME).is_file():
            return package
        pickles = [p for p in sorted(package.iterdir()) if p.suffix.lower() in _PICKLE_SUFFIXES]
        if pickles and not (package / WEIGHTS_NAME).exists():
            raise _unsafe(pickles[0])
    present = ", ".join(listing.id for listing in list_models(root)) or "none"
    raise InputRefused(
        "model_not_found",
        f"No model package '{id_or_path}': a package is a folder with {WEIGHTS_NAME} and {CARD_NAME}.",
        f"Models in {root}: {present}.",
    )


def _unsafe(path: Path) -> InputRefused:
    return InputRefused(
        "model_unsafe",
        f"'{path}' is a pickle, which can run any code when it is loaded.",
        f"Use a model package: a folder with {WEIGHTS_NAME} and {CARD_NAME}.",
    )


def _read_card(package: Path) -> dict[str, Any]:
    try:
        card = json.loads((package / CARD_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _bad_card(package, f"cannot be read ({error})") from error
    if not isinstance(card, dict):
        raise _bad_card(package, "is not a JSON object")
    missing = [name for name in ("architecture", "sha256") if name not in card]
    if missing:
        raise _bad_card(package, f"lacks {', '.join(missing)}")
    if not isinstance(card["architecture"], dict):
        raise _bad_card(package, "has an architecture that is not an object with name and arguments")
    return card


def _bad_card(package: Path | str, problem: str) -> InputRefused:
    return InputRefused(
        "model_card_invalid",
        f"The card of model '{package}' {problem}.",
        "Get the package again from its source, or save it again with this version.",
    )


def _read_weights(content: bytes, package: Path) -> dict[str, torch.Tensor]:
    import safetensors
    import safetensors.torch

    try:
        weights = safetensors.torch.load(content)
    except safetensors.SafetensorError as error:
        raise InputRefused(
            "model_unreadable",
            f"{package / WEIGHTS_NAME} is not a safetensors file ({error}).",
            "Get the package again from its source.",
        ) from error
    return {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}


def _build(architecture: Mapping[str, Any], model_id: str, weights: Mapping[str, torch.Tensor]) -> nn.Module:
    import torch

    name, arguments = architecture.get("name"), architecture.get("arguments", {})
    if not isinstance(name, str) or name not in ARCHITECTURES:
        raise _bad_card(
            model_id, f"names architecture '{name}'; known are {', '.join(sorted(ARCHITECTURES))}"
        )
    try:
        with torch.device("meta"):
            network = network_class(name)(**arguments)
        network.load_state_dict(
            {key: value.clone() for key, value in weights.items()}, strict=True, assign=True
        )
    except (TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        raise _bad_card(model_id, f"does not fit its weights: {error}") from error
    return network
