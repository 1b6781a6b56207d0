"""Export as DICOM: what is in the scene leaves it, marked as synthetic, and in the study that it belongs to."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel


@pytest.fixture
def exporting(done: OpenPanel, tmp_path: Path) -> OpenPanel:
    """A result, and a folder that will be chosen."""
    done.application.folder = str(tmp_path)
    return done


def test_there_is_nothing_to_export_without_a_result(panel: OpenPanel, ct: Any) -> None:
    assert not panel.ui.exportDicomButton.enabled


def test_result_is_exported_as_it_is_in_the_scene(exporting: OpenPanel) -> None:
    from SyntheticCECTLib.core.case_folder import CHAMBERS, read_case, read_threshold_hu
    from SyntheticCECTLib.core.formats.label_file import read_labels
    from SyntheticCECTLib.mrml.label_node import chambers_of
    from SyntheticCECTLib.mrml.volume_node import to_image

    exporting.ui.thresholdSlider.value = 350.0  # the left atrium is darker
    exporting.panel.chambers.finish()
    exporting.run(exporting.ui.exportDicomButton)
    assert "marked as synthetic" in exporting.ui.chambersMessageLabel.text
    folder, nodes = exporting.command.folder / "exported", exporting.nodes
    written = read_labels(folder / CHAMBERS, read_case(folder).synthesis.native_ct)
    assert read_threshold_hu(folder) == 350.0
    assert not (folder / "report.html").exists()
    assert _same(written, chambers_of(nodes.chambers, nodes.native))
    assert _same(read_case(folder).synthesis.synthetic_cect, to_image(nodes.synthetic_cect))


def test_files_of_a_dicom_ct_go_along_as_the_source(exporting: OpenPanel, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"slice {number}").write_bytes(b"DICM%d" % number)
    exporting.application.dicom = [str(tmp_path / f"slice {number}") for number in range(3)]
    exporting.run(exporting.ui.exportDicomButton)
    sent = sorted((exporting.command.folder / "source").iterdir())
    assert [path.read_bytes() for path in sent] == [b"DICM0", b"DICM1", b"DICM2"]
    source = exporting.command.seen[exporting.command.seen.index("--source") + 1]
    assert not os.path.exists(source), "links to a patient's files must not stay behind"


def test_export_can_be_cancelled(exporting: OpenPanel, tmp_path: Path) -> None:
    exporting.command.mode("slow")
    button = exporting.ui.exportDicomButton
    button.click()
    exporting.wait(lambda: exporting.command.pids())
    assert button.text == "Cancel the export"
    button.click()
    assert "Nothing was exported" in exporting.ui.chambersMessageLabel.text
    assert button.text == "Export as DICOM..." and list(tmp_path.iterdir()) == []


def test_refusal_is_told(exporting: OpenPanel) -> None:
    exporting.command.mode("refuse")
    exporting.run(exporting.ui.exportDicomButton)
    assert "20.00 mm apart" in exporting.ui.chambersMessageLabel.text
    assert exporting.ui.exportDicomButton.enabled


def test_real_command_writes_files_that_say_what_they_are(exporting: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.desktop.command_line import CommandLine, slicer_python

    if importlib.util.find_spec("highdicom") is None:
        pytest.skip("highdicom is not installed here")
    import pydicom

    exporting.panel.desk.runner.command_line = CommandLine(slicer_python())
    exporting.ui.exportDicomButton.click()
    exporting.wait(lambda: not exporting.panel.desk.runner.busy, 120)
    files = [pydicom.dcmread(path) for path in (tmp_path / "synthetic_cect_dicom").rglob("*.dcm")]
    assert len(files) == 13, exporting.ui.chambersMessageLabel.text
    for file in files:
        assert list(file.ImageType)[:2] == ["DERIVED", "SECONDARY" if file.Modality == "CT" else "PRIMARY"]
        assert file.SeriesDescription.startswith("SYNTHETIC")


def _same(one: Any, other: Any) -> bool:
    import SimpleITK as sitk

    return bool((sitk.GetArrayViewFromImage(one) == sitk.GetArrayViewFromImage(other)).all())
