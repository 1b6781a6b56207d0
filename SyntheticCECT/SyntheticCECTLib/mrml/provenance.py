"""Where an output node came from, as attributes on the node, which scenes save."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..core.version import VERSION
from .node_types import Node

if TYPE_CHECKING:
    from ..core.case import CaseResult

PREFIX = "SyntheticCECT."
NOTE = "SYNTHETIC, research use: computed, not acquired; the bundled models have seen simulated patients only"
CONTENT, PIXELS = "content", "pixels"
SYNTHETIC = "synthetic"
BY_HAND = {"edited": "by hand"}
"""Entry of chambers that a person has changed."""


def provenance_entries(result: CaseResult) -> dict[str, str]:
    """What must be known to compute a result again: software, model and its hash, settings, hash of the input, notices."""
    case, synthesis = result.case, result.case.synthesis
    return {
        "note": NOTE,
        "software": f"SyntheticCECT {VERSION}",
        "model_id": synthesis.model_id,
        "model_sha256": synthesis.model_sha256,
        "model_settings_sha256": synthesis.model_settings_sha256,
        **threshold_entry(result.threshold_hu),
        "default_threshold_hu": f"{synthesis.default_threshold_hu:g}",
        "volume_factors": json.dumps(synthesis.volume_factors),
        "input": case.description,
        "input_sha256": case.input_sha256,
        "notices": json.dumps([notice.as_dict() for notice in case.notices]),
    }


def threshold_entry(threshold_hu: float) -> dict[str, str]:
    """The entry of chambers that a threshold in HU made; `threshold_of` reads it."""
    return {"threshold_hu": f"{threshold_hu:.10g}"}


def threshold_of(chambers: Node) -> float | None:
    """The threshold in HU that made chambers; ``None`` where they do not tell."""
    said = provenance_of(chambers).get("threshold_hu")
    return float(said) if said else None


def write_provenance(
    node: Node, entries: Mapping[str, str], content: str = "", synthetic_pixels: bool = False
) -> None:
    """Put entries on a node; those it has under the same keys are replaced.

    Args:
        node: Any node.
        entries: From `provenance_entries`, or a few of them to change, such as the threshold.
        content: What the node holds, such as ``synthetic_cect``.
        synthetic_pixels: Whether it holds pixels that were computed and look like acquired ones.
    """
    own = {CONTENT: content} if content else {}
    if synthetic_pixels:
        own[PIXELS] = SYNTHETIC
    for key, value in {**entries, **own}.items():
        node.SetAttribute(PREFIX + key, value)


def provenance_of(node: Node | None) -> dict[str, str]:
    """The entries of a node, keys without prefix; empty for a node that is not ours."""
    if node is None:
        return {}
    ours = [name for name in node.GetAttributeNames() or () if name.startswith(PREFIX)]
    return {name.removeprefix(PREFIX): node.GetAttribute(name) for name in ours}


def is_synthetic(node: Node | None) -> bool:
    """Whether a node's pixels were computed and not acquired.

    Our own nodes say so. A volume that merely has "synthetic" in its name, such as one from a file of the command line,
    counts as well: a label too many does no harm.
    """
    if node is None:
        return False
    if node.GetAttribute(PREFIX + PIXELS) == SYNTHETIC:
        return True
    return bool(node.IsA("vtkMRMLVolumeNode")) and SYNTHETIC in (node.GetName() or "").lower()
