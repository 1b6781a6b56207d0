"""Files in folders whose names ITK cannot open on Windows."""

from __future__ import annotations

import ast
import os
from pathlib import Path, PosixPath

import pytest

import SyntheticCECTLib
from SyntheticCECTLib.core.formats import itk_name as module
from SyntheticCECTLib.core.formats.itk_name import itk_name


def test_names_stay_as_they_are_where_itk_opens_them(tmp_path: Path) -> None:
    folder = tmp_path / "Jürgen"
    assert itk_name(folder / "ct.nrrd") == str(folder / "ct.nrrd")


def test_windows_gets_short_names_of_other_letters_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Path", PosixPath)
    monkeypatch.setattr(module, "_short_name", lambda path: str(path).replace("Jürgen", "JRGEN~1"))
    monkeypatch.setattr(os, "name", "nt")
    folder = tmp_path / "Jürgen"
    folder.mkdir()
    assert itk_name(tmp_path / "ct.nrrd") == str(tmp_path / "ct.nrrd")
    assert itk_name(folder / "new.nrrd") == str(tmp_path / "JRGEN~1" / "new.nrrd")
    (folder / "Übersicht.dcm").touch()
    monkeypatch.setattr(module, "_short_name", lambda path: f"short name of {path.name}")
    assert itk_name(folder / "Übersicht.dcm") == "short name of Übersicht.dcm"


def test_every_file_that_itk_opens_is_named_so() -> None:
    openers = {"ReadImage", "WriteImage", "ReadTransform", "WriteTransform", "SetFileName"}
    bare = []
    for path in sorted(Path(SyntheticCECTLib.__file__).parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in openers:
                arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
                if not any("itk_name" in ast.unparse(one) for one in arguments):
                    bare.append(f"{path.name}: {ast.unparse(call)}")
    assert not bare
