"""Each output says how it was made, and synthetic pixels say that they are."""

from __future__ import annotations

from typing import Any

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case import CaseResult
from SyntheticCECTLib.core.version import VERSION
from SyntheticCECTLib.mrml.plots import chart_parts
from SyntheticCECTLib.mrml.provenance import is_synthetic, provenance_of, write_provenance
from SyntheticCECTLib.mrml.result_nodes import ResultNodes
from SyntheticCECTLib.mrml.volume_node import add_volume


def test_every_output_node_says_how_it_was_made(a_result: ResultNodes) -> None:
    nodes = list(a_result.nodes())
    assert {"vtkMRMLPlotSeriesNode", "vtkMRMLTableNode"} <= {node.GetClassName() for node in nodes}
    for node in nodes:
        facts = provenance_of(node)
        assert facts["software"] == f"SyntheticCECT {VERSION}"
        assert (facts["model_id"], facts["model_sha256"]) == ("blocks", "ab" * 32)
        assert (facts["input_sha256"], facts["threshold_hu"]) == ("cd" * 32, "300")
        assert "simulated" in facts["note"] and "research use" in facts["note"]


def test_every_output_node_says_what_it_holds(a_result: ResultNodes) -> None:
    for role, node in a_result.by_role().items():
        assert provenance_of(node)["content"] == role
    assert {provenance_of(part)["content"] for part in chart_parts(a_result.charts["curve"])} == {
        "chart.curve"
    }


def test_attributes_carry_the_prefix(a_result: ResultNodes) -> None:
    assert a_result.chambers.GetAttribute("SyntheticCECT.model_id") == "blocks"


def test_a_scan_has_no_provenance_and_is_not_synthetic(a_native_node: Any) -> None:
    a_native_node.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    assert provenance_of(a_native_node) == {} and not is_synthetic(a_native_node)


def test_synthetic_are_the_cect_and_the_enhancement_and_not_the_real_cect(a_result: ResultNodes) -> None:
    synthetic = {role for role, node in a_result.by_role().items() if is_synthetic(node)}
    assert synthetic == {"synthetic_cect", "enhancement"}


def test_a_renamed_synthetic_volume_stays_synthetic(a_result: ResultNodes) -> None:
    a_result.synthetic_cect.SetName("CTA")
    assert is_synthetic(a_result.synthetic_cect)


@pytest.mark.parametrize(
    ("name", "expected"), [("synthetic_cect", True), ("SYNTHETIC CECT (research use)", True), ("CTA", False)]
)
def test_a_volume_from_a_file_is_judged_by_its_name(
    scene: Any, a_ct: sitk.Image, name: str, expected: bool
) -> None:
    assert is_synthetic(add_volume(scene, a_ct, name)) is expected


def test_a_new_threshold_replaces_the_old_one_alone(a_result: ResultNodes, a_case: CaseResult) -> None:
    write_provenance(a_result.chambers, {"threshold_hu": "275"})
    facts = provenance_of(a_result.chambers)
    assert facts["threshold_hu"] == "275" and facts["model_id"] == a_case.case.synthesis.model_id


def test_nothing_is_not_synthetic() -> None:
    assert not is_synthetic(None) and provenance_of(None) == {}
