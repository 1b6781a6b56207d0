"""The Designer file: every widget that the code names is there, explains itself, and is kept in the scene."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from Testing.desktop.desktop_case import OpenPanel

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "SyntheticCECT" / "Resources" / "UI" / "SyntheticCECT.ui"
CONTROLS = {
    "QPushButton", "QCheckBox", "QComboBox", "QSpinBox", "QDoubleSpinBox", "QLineEdit", "QTableWidget", "QProgressBar",
    "QLabel", "qMRMLNodeComboBox", "ctkSliderWidget", "ctkPathLineEdit", "ctkCollapsibleButton",
}  # fmt: skip


def widgets() -> dict[str, ElementTree.Element]:
    return {one.attrib["name"]: one for one in ElementTree.parse(FILE).getroot().iter("widget")}


def text_of(widget: ElementTree.Element, name: str) -> str:
    found = widget.find(f"property[@name='{name}']/string")
    return (found.text or "") if found is not None else ""


def test_root_is_a_qmrmlwidget_that_hands_the_scene_to_every_selector() -> None:
    root = ElementTree.parse(FILE).getroot()
    first = root.find("widget")
    assert first is not None and first.attrib["class"] == "qMRMLWidget"
    fed = {
        link.findtext("receiver")
        for link in root.iter("connection")
        if link.findtext("signal") == "mrmlSceneChanged(vtkMRMLScene*)"
    }
    assert fed == {name for name, one in widgets().items() if one.attrib["class"] == "qMRMLNodeComboBox"}


def test_every_control_has_a_tool_tip() -> None:
    silent = [
        name
        for name, one in widgets().items()
        if one.attrib["class"] in CONTROLS and not text_of(one, "toolTip")
    ]
    assert silent == []


def test_every_widget_that_the_code_names_is_in_the_file() -> None:
    sources = (ROOT / "SyntheticCECT" / "SyntheticCECTLib" / "desktop").glob("*.py")
    named = {
        name for path in sources for name in re.findall(r"\bui\.(\w+)", path.read_text(encoding="utf-8"))
    }
    assert named and named <= set(widgets())


def test_widgets_have_the_classes_of_the_file(panel: OpenPanel) -> None:
    for name, one in widgets().items():
        expected = one.attrib["class"]
        if expected in CONTROLS:
            assert type(getattr(panel.ui, name)).__name__ == expected, name


def test_every_parameter_of_the_file_is_a_field(panel: OpenPanel) -> None:
    from SyntheticCECTLib.desktop.parameters import SyntheticCECTParameters

    fields = set(SyntheticCECTParameters.allParameters)  # type: ignore[attr-defined]
    named = {text_of(one, "SlicerParameterName") for one in widgets().values()} - {""}
    by_hand = {"model", "device", "heartSegmentId", "comparedCases", "batchInput", "batchOutput"}
    assert named | by_hand == fields


def test_panel_asks_for_no_selector_without_a_scene(panel: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.volume_node import add_volume
    from Testing.small_case import blocks, image_of

    node = add_volume(panel.scene, image_of(blocks()), "CT")
    for name, one in widgets().items():
        if one.attrib["class"] == "qMRMLNodeComboBox" and "Volume" in ElementTree.tostring(
            one, encoding="unicode"
        ):
            getattr(panel.ui, name).setCurrentNode(node)
            assert getattr(panel.ui, name).currentNode() is node, name


def test_no_selector_offers_the_chamber_split(done: OpenPanel) -> None:
    """It is a node that can be seen, so that Slicer saves it, but nothing to work on."""
    split = done.nodes.chamber_split
    assert split is not None and not split.GetHideFromEditors()
    for name, one in widgets().items():
        if one.attrib["class"] == "qMRMLNodeComboBox":
            getattr(done.ui, name).setCurrentNode(split)
            assert getattr(done.ui, name).currentNode() is not split, name
