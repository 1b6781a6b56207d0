"""The stand-in is as strict as the application that it stands for; else the other tests would prove little."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from Testing.desktop.desktop_case import OpenPanel


@pytest.fixture
def strict(panel: OpenPanel) -> OpenPanel:
    if hasattr(panel.slicer.app, "commandOptions"):
        pytest.skip("this is Slicer itself")
    return panel


def test_properties_are_values(strict: OpenPanel) -> None:
    assert strict.ui.applyButton.text == "Apply"
    with pytest.raises(TypeError):
        strict.ui.applyButton.text()  # pyright: ignore[reportCallIssue]


def test_unknown_attributes_raise(strict: OpenPanel) -> None:
    with pytest.raises(AttributeError):
        strict.ui.applyButton.caption = "Go"
    with pytest.raises(AttributeError):
        strict.ui.thresholdSlider.setRange(0, 1)


@pytest.mark.parametrize("signature", ["clicked()bool", "pressed(bool)", "clicked(int)", "nonsense()"])
def test_wrong_signals_raise(strict: OpenPanel, signature: str) -> None:
    with pytest.raises(AttributeError, match="has no signal"):
        strict.ui.applyButton.connect(signature, print)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("overlayOpacity", np.float32(0.5)), ("overlayOpacity", 1), ("linkedViews", 1), ("firstSlice", 1.0),
        ("viewPreset", "FUSION"), ("nativeCt", "vtkMRMLScalarVolumeNode1"), ("model", None),
    ],
)  # fmt: skip
def test_fields_of_the_parameter_node_take_their_own_type_only(
    strict: OpenPanel, name: str, value: Any
) -> None:
    with pytest.raises(TypeError):
        setattr(strict.parameters, name, value)


def test_fields_keep_their_limits(strict: OpenPanel) -> None:
    with pytest.raises(ValueError, match="overlayOpacity"):
        strict.parameters.overlayOpacity = 1.5


def test_exception_in_a_slot_fails_the_test(strict: OpenPanel, desktop: Any) -> None:
    def broken() -> None:
        raise RuntimeError("in a slot")

    strict.ui.showButton.connect("clicked(bool)", broken)
    strict.ui.showButton.click()
    assert len(desktop.slot_errors) == 1 and "in a slot" in desktop.slot_errors[0]
    desktop.slot_errors.clear()


def test_method_that_is_a_signal_in_qt5_raises(strict: OpenPanel, desktop: Any) -> None:
    with pytest.raises(AttributeError):
        desktop.qt.QProcess().error()


def test_lists_come_back_as_tuples(strict: OpenPanel) -> None:
    assert strict.ui.nativeCtSelector.nodeTypes == ("vtkMRMLScalarVolumeNode",)
