"""Results appear all at once or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.output_folder import output_folder


def tree(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): f.read_text() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_a_new_folder_appears_only_when_the_block_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "result"
    with output_folder(target) as folder:
        (folder / "a.txt").write_text("new")
        assert not target.exists()
    assert tree(target) == {"a.txt": "new"}
    assert [one.name for one in target.parent.iterdir()] == ["result"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_behind_by_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), output_folder(tmp_path / "deep" / "result") as folder:
        (folder / "a.txt").write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_keeps_its_other_files(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "old.png").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "a.txt").write_text("old")
    with output_folder(tmp_path) as folder:
        (folder / "pictures").mkdir()
        (folder / "pictures" / "new.png").write_text("new")
        (folder / "a.txt").write_text("new")
    assert tree(tmp_path) == {
        "a.txt": "new",
        "notes.txt": "mine",
        "pictures/new.png": "new",
        "pictures/old.png": "old",
    }


def test_an_existing_result_survives_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), output_folder(tmp_path) as folder:
        (folder / "a.txt").write_text("half")
        raise RuntimeError
    assert tree(tmp_path) == {"a.txt": "old"}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_failure_while_files_are_moved_puts_every_old_file_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text("old")
    rename = Path.rename

    def fail_at_the_second_file(self: Path, other: Path) -> Path:
        if self.name == "b.txt" and self.read_text() == "new":
            raise OSError(28, "No space left on device")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", fail_at_the_second_file)
    with pytest.raises(OSError, match="No space"), output_folder(tmp_path) as folder:
        for name in ("a", "b", "d"):
            (folder / f"{name}.txt").write_text("new")
        (folder / "sub").mkdir()
        (folder / "sub" / "e.txt").write_text("new")
    assert tree(tmp_path) == {"a.txt": "old", "b.txt": "old", "c.txt": "old"}
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result").write_text("a file")
    with pytest.raises(InputRefused) as refusal, output_folder(tmp_path / "result"):
        pass
    assert refusal.value.code == "output_not_a_folder"


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputRefused) as refusal, output_folder(tmp_path / "file" / "result"):
        pass
    assert refusal.value.code == "output_not_writable"


def test_outdated_files_go_with_the_new_ones_and_stay_where_those_fail(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "mine.txt"):
        (tmp_path / name).write_text("old")
    with pytest.raises(RuntimeError), output_folder(tmp_path, {"a.txt", "b.txt"}) as folder:
        raise RuntimeError
    assert tree(tmp_path) == dict.fromkeys(("a.txt", "b.txt", "mine.txt"), "old")
    with output_folder(tmp_path, {"a.txt", "b.txt", "absent.txt"}) as folder:
        (folder / "a.txt").write_text("new")
    assert tree(tmp_path) == {"a.txt": "new", "mine.txt": "old"}
    assert len(list(tmp_path.iterdir())) == 2


def test_an_outdated_file_comes_back_when_moving_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("old")
    rename = Path.rename

    def fail_at_a_new_file(self: Path, other: Path) -> Path:
        if self.read_text() == "new":
            raise OSError(28, "No space left on device")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", fail_at_a_new_file)
    with pytest.raises(OSError, match="No space"), output_folder(tmp_path, {"a.txt"}) as folder:
        (folder / "b.txt").write_text("new")
    assert tree(tmp_path) == {"a.txt": "old"}
