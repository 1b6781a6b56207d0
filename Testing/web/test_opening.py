"""One patient at a time: what is read or made for one never comes up over another; and who may name paths."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from Testing import small_case
from Testing.web.conftest import needs_room
from Testing.web.room_in_process import in_room, rest, until

OTHER_HU = 90


@pytest.fixture
def scans(tmp_path: Path) -> tuple[Path, Path]:
    """The small case's CT, and that of another patient, whose tissue is brighter."""
    paths = tmp_path / "one.nrrd", tmp_path / "other.nrrd"
    tissue = small_case.blocks()
    sitk.WriteImage(small_case.image_of(tissue), paths[0])
    sitk.WriteImage(small_case.image_of(np.where(tissue > 0, OTHER_HU, tissue).astype(np.int16)), paths[1])
    return paths


def tissue_hu(room: Any) -> float:
    """Of the CT on the screen."""
    return room.case.native.GetImageData().GetScalarRange()[1]


@needs_room
def test_result_stands_on_its_own_ct(tmp_path: Path, result_folder: Path, scans: tuple[Path, Path]) -> None:
    async def work(room: Any) -> None:
        await room.start.open_path(scans[1])
        assert tissue_hu(room) == OTHER_HU
        await room.start.open_path(result_folder)
        assert tissue_hu(room) != OTHER_HU
        assert room.case.nodes.native is room.case.native

    in_room(tmp_path, work)


@needs_room
def test_result_of_a_closed_scan_never_comes_up_over_the_next_one(
    tmp_path: Path, result_folder: Path, scans: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = []

    class Command:
        """Makes a result as soon as it is let."""

        made = asyncio.Event()

        def __init__(self, arguments: Sequence[str | Path]) -> None:
            self._folder = arguments[arguments.index("-o") + 1]

        async def run(self, on_progress: Any) -> None:
            try:
                await self.made.wait()
            except asyncio.CancelledError:
                cancelled.append(self)
                raise
            shutil.copytree(result_folder, self._folder)

        async def cancel(self) -> None:
            cancelled.append(self)

        def kill(self) -> None:
            pass

    monkeypatch.setattr("SyntheticCECTLib.web.opening.start_logic.CommandProcess", Command)

    async def work(room: Any) -> None:
        await room.start.open_path(scans[0])
        room._ui.synthesize.synthesize_clicked()
        await until(lambda: room.start.data.message == "starting")
        room.close_case()
        room.start.data.path = str(scans[1])
        room._ui.start.path_given()
        await until(lambda: room.start.data.has_scan)
        Command.made.set()
        await rest()
        assert len(cancelled) == 1
        assert room.case.result is None and not room.start.data.has_result and not room.start.data.working
        assert tissue_hu(room) == OTHER_HU
        room._ui.synthesize.synthesize_clicked()  # this one's own
        await until(lambda: room.case.result is not None)

    in_room(tmp_path, work)


@needs_room
def test_file_sent_for_a_closed_scan_is_not_added_to_the_next_one(
    tmp_path: Path, scans: tuple[Path, Path]
) -> None:
    async def work(room: Any) -> None:
        sent = tmp_path / "room/upload-1" / "scan-00000.nrrd"
        sent.parent.mkdir()
        shutil.copy(scans[0], sent)
        room.start._uploads.path_of = lambda upload_id: sent
        await room.start.open_path(scans[0])
        with room.start.state:
            room.start.data.uploading = True
        await rest()
        room._ui.start.uploaded("cect", "1", 0)
        await until(lambda: room.start.data.with_cect)
        room.close_case()
        await room.start.open_path(scans[1])
        room._ui.start.uploaded("cect", "1", 0)
        await rest()
        assert not room.start.data.with_cect
        assert "is closed" in room.teller._data.toast_text

    in_room(tmp_path, work)


@needs_room
@pytest.mark.parametrize("takes_paths", [True, False])
def test_browser_names_paths_only_where_the_room_takes_them(
    tmp_path: Path, scans: tuple[Path, Path], takes_paths: bool
) -> None:
    async def work(room: Any) -> None:
        # A browser's console can set every variable of the page and pull every trigger.
        room.start.data.takes_paths = True
        room.start.data.path = str(scans[0])
        room._ui.start.path_given()
        await rest()
        assert room.start.data.has_scan is takes_paths
        assert ("opens no paths" in room.teller._data.toast_text) is not takes_paths

    in_room(tmp_path, work, takes_paths=takes_paths)


@needs_room
def test_browser_names_no_folder_beside_the_work_list(tmp_path: Path, result_folder: Path) -> None:
    results, beside = tmp_path / "results", tmp_path / "beside"
    shutil.copytree(result_folder, results / "own")
    shutil.copytree(result_folder, beside)
    before = {file.name for file in beside.iterdir()}

    async def work(room: Any) -> None:
        await room.qa.open(results)
        shown = room.case.result
        room._ui.qa.case_clicked("../beside")
        await rest()
        assert room.case.result is shown and room.qa.data.chosen == "own"
        assert "no result '../beside'" in room.teller._data.toast_text
        room.qa.edit()
        room.qa.data.chosen = "../beside"
        room.qa.keep_edit()
        room.qa.data.editing = False
        room.qa.give("pass", "../beside")
        assert {file.name for file in beside.iterdir()} == before
        assert not (results / "qa.json").exists()

    in_room(tmp_path, work)
