"""What a path is taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.web.opening.target import Kind, target_of


def test_kinds_are_told_apart_by_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "scan.nrrd").write_text("")
    (tmp_path / "dicom").mkdir()
    for name in ("results/one", "results/two", "study"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "results/one/metrics.json").write_text("{}")
    (tmp_path / "study/study.json").write_text("{}")
    kinds = {
        name: target_of(tmp_path / name).kind
        for name in ("scan.nrrd", "dicom", "results", "results/one", "study")
    }
    assert kinds == {
        "scan.nrrd": Kind.SCAN, "dicom": Kind.SCAN, "results": Kind.RESULTS, "results/one": Kind.RESULT, "study": Kind.STUDY,
    }  # fmt: skip
    assert target_of(None).kind is Kind.NOTHING


def test_absent_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="absent"):
        target_of(tmp_path / "absent")
