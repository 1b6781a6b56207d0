"""Real scans through the pages; they are not part of this project."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from Testing.web.conftest import SYNTHESIS_MS, Visitor
from Testing.web.room_process import ROOT, RoomProcess
from Testing.web.screen import is_marked, settled
from Testing.web.test_first_page import choose, open_first_page

DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real scans (../shared/data) are not on this machine"
)


def synthesize(visitor: Visitor) -> None:
    page = visitor.page
    page.click("[data-panel=synthesize] [data-action=synthesize]")
    page.wait_for_selector("[data-volume=lv]", timeout=SYNTHESIS_MS)
    page.wait_for_selector("[data-panel=progress]", state="detached")
    settled(visitor, "Axial", is_marked)


def test_uploaded_dicom_zip_becomes_chambers(room: RoomProcess, visitor: Visitor, tmp_path: Path) -> None:
    archive = tmp_path / "Mrs Smith.zip"
    with zipfile.ZipFile(archive, "w") as series:
        for file in sorted((DATA / "lungdx_a0001_native_dicom").glob("*.dcm")):
            series.write(file, file.name)
    open_first_page(visitor, room)
    choose(visitor, archive)
    visitor.page.wait_for_selector("[data-panel=synthesize]")
    synthesize(visitor)
    for chamber in ("la", "lv"):
        shown = visitor.page.inner_text(f"[data-volume={chamber}]")
        assert 20 < float(shown.removesuffix(" mL")) < 400, shown
    visitor.page.click("[data-action=close]")
    assert visitor.complaints == []
    assert not any("Smith" in url for url in visitor.asked) and "Smith" not in room.log.read_text()


def test_real_anatomy_agrees_with_its_manual_masks(room: RoomProcess, visitor: Visitor) -> None:
    folder, page = DATA / "lidc_0001_cta" / "reference", visitor.page
    open_first_page(visitor, room)
    page.fill("[data-input=path] input", str(folder / "virtual_native.nrrd"))
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-panel=synthesize]")
    with page.expect_file_chooser() as chooser:
        page.click("[data-action=add-reference]")
    chooser.value.set_files(str(folder / "labels.nrrd"))
    page.wait_for_function("() => document.body.innerText.includes('Synthesize to compare with it')")
    synthesize(visitor)
    assert float(page.inner_text("[data-figure=dice_volume]")) > 0.6
    assert visitor.complaints == []
