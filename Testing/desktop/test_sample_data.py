"""Virtual patients among Slicer's Sample Data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel


@pytest.fixture
def entries(panel: OpenPanel) -> list[Any]:
    """The extension's entries, as Sample Data has them once Slicer has started."""
    from SyntheticCECTLib.desktop.sample_data import CATEGORY, register

    sources = getattr(panel.slicer.modules, "sampleDataSources", {})
    sources.pop(CATEGORY, None)
    register(Path("Icons"))
    return panel.slicer.modules.sampleDataSources[CATEGORY]


def test_sample_data_takes_every_virtual_patient(entries: list[Any]) -> None:
    assert [entry.sampleName for entry in entries] == [
        f"SyntheticCECTVirtualPatient{seed}" for seed in (1, 2, 3)
    ]


def test_entry_draws_the_patient_and_returns_its_ct(panel: OpenPanel, entries: list[Any]) -> None:
    nodes = entries[1].customDownloader(entries[1])
    assert [node.GetName() for node in nodes] == ["Virtual patient 2 CT"]
    assert panel.parameters.nativeCt is nodes[0]


def test_entry_that_cannot_be_drawn_says_why(panel: OpenPanel, entries: list[Any]) -> None:
    panel.command.mode("break")
    with pytest.raises(RuntimeError, match="broke"):
        entries[0].customDownloader(entries[0])
    (told,) = panel.application.of("show_error")
    assert "broke" in told
