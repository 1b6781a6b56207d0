"""One patient from images to figures, with the synthesis and the registration replaced by known ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core import case as case_module
from SyntheticCECTLib.core.alignment.registration import Registration
from SyntheticCECTLib.core.case import (
    CaseInputs,
    CaseSettings,
    part_of,
    prepare_case,
    process_case,
    segment_case,
    volume_curve,
)
from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.errors import Cancelled, InputRefused, Notice
from SyntheticCECTLib.core.scan import Scan
from Testing.small_case import LA_ML, LV_ML, blocks, image_of, labels, prepared_case, synthesis


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The seams to the slow parts; what they were given lies in the dictionary."""
    seen: dict[str, Any] = {"plausible": True}

    def synthesize(native_ct: sitk.Image, model: Any, settings: Any, on_progress: Any) -> Any:
        seen["model"], seen["settings"] = model, settings
        on_progress(1.0, "synthesized")
        return synthesis()

    def register(
        cect: sitk.Image, native_ct: sitk.Image, on_progress: Any = None, **rest: Any
    ) -> Registration:
        if "refusal" in seen:
            raise seen["refusal"]
        shift = sitk.TranslationTransform(3, (4.0, 0.0, 0.0))
        why = () if seen["plausible"] else ("moved by 90 mm",)
        return Registration(shift, {"metric": -0.5}, seen["plausible"], why)

    monkeypatch.setattr(case_module, "synthesize", synthesize)
    monkeypatch.setattr(case_module, "register", register)
    monkeypatch.setattr(case_module, "inspect_scan", lambda image: [])
    return seen


def scan() -> Scan:
    return Scan(sitk.Cast(image_of(blocks()), sitk.sitkFloat32), "cd" * 32, "blocks")


def shifted(image: sitk.Image) -> sitk.Image:
    """The same image 4 mm further along x."""
    moved = sitk.Image(image)
    moved.SetOrigin([a + b for a, b in zip(image.GetOrigin(), (4.0, 0.0, 0.0), strict=True)])
    return moved


def test_case_measures_both_chambers(known: dict[str, Any]) -> None:
    result = process_case(CaseInputs(scan()), CaseSettings())
    assert result.volumes["la"]["ml"] == pytest.approx(LA_ML, rel=0.02)
    assert result.volumes["lv"]["ml"] == pytest.approx(LV_ML, rel=0.02)
    assert result.threshold_hu == 300.0
    assert result.agreement is None and result.no_agreement


def test_given_threshold_replaces_that_of_the_model(known: dict[str, Any]) -> None:
    result = process_case(CaseInputs(scan()), CaseSettings(threshold_hu=370.0))
    assert result.volumes["la"]["ml"] is None
    assert result.volumes["lv"]["ml"] == pytest.approx(LV_ML, rel=0.02)


def test_chambers_that_a_person_drew_take_the_thresholds_place(known: dict[str, Any], tmp_path: Path) -> None:
    drawn = sitk.GetArrayFromImage(labels())
    drawn[3] = 0
    result = process_case(CaseInputs(scan(), reference=labels(), chambers=image_of(drawn)), CaseSettings())
    assert np.array_equal(sitk.GetArrayFromImage(result.labels), drawn) and result.by_hand
    assert result.volumes["lv"]["ml"] == pytest.approx(LV_ML * 5 / 6, rel=0.02)
    assert not result.intervals_ml and result.agreement is not None
    metrics = write_case(result, tmp_path)
    assert metrics["chambers_by_hand"] and "by hand" in metrics["reasons"]["volume_intervals_ml"]
    assert "drawn or corrected by hand" in (tmp_path / "report.html").read_text()
    again = write_case(process_case(CaseInputs(scan()), CaseSettings()), tmp_path)
    assert not again["chambers_by_hand"] and "by hand" not in (tmp_path / "report.html").read_text()


def test_given_heart_mask_reaches_the_synthesis(known: dict[str, Any]) -> None:
    mask = synthesis().heart_mask
    process_case(CaseInputs(scan(), heart_mask=mask), CaseSettings(model="blocks", device="cpu"))
    assert (
        known["settings"].heart_mask is mask
        and known["settings"].device == "cpu"
        and known["model"] == "blocks"
    )


def test_cect_is_compared_where_the_registration_puts_it(known: dict[str, Any]) -> None:
    cect = shifted(sitk.Cast(synthesis().synthetic_cect, sitk.sitkFloat32))
    result = process_case(CaseInputs(scan(), cect=cect), CaseSettings())
    assert result.agreement is not None
    assert result.agreement.as_dict()["mae_hu"] == pytest.approx(0.0, abs=0.01)


def test_implausible_registration_is_said_and_its_cect_not_compared(known: dict[str, Any]) -> None:
    known["plausible"] = False
    result = process_case(CaseInputs(scan(), cect=synthesis().synthetic_cect), CaseSettings())
    assert result.case.cect is None and result.agreement is None
    assert [notice.code for notice in result.case.notices] == ["registration_implausible"]
    assert "moved by 90 mm" in result.case.notices[0].message


def test_cect_of_another_place_is_said_and_the_rest_goes_on(known: dict[str, Any]) -> None:
    known["refusal"] = InputRefused("registration_no_overlap", "The scans lie apart.", "Give the right one.")
    result = process_case(CaseInputs(scan(), cect=synthesis().synthetic_cect), CaseSettings())
    assert result.volumes["la"]["ml"] is not None
    assert result.agreement is None and result.no_agreement is not None and "lie apart" in result.no_agreement


def test_reference_drawn_on_the_cect_moves_with_it(known: dict[str, Any]) -> None:
    cect, reference = shifted(synthesis().synthetic_cect), shifted(labels())
    result = process_case(CaseInputs(scan(), cect, reference, reference_on_cect=True), CaseSettings())
    assert result.agreement is not None
    assert result.agreement.as_dict()["dice"] == pytest.approx(1.0, abs=0.02)


def test_reference_on_the_cect_that_the_ct_does_not_cover_is_said(known: dict[str, Any]) -> None:
    cect, reference = shifted(synthesis().synthetic_cect), shifted(labels())
    for slices, code in ((7, "reference_outside_scan"), (4, "reference_not_used")):
        short = Scan(scan().image[:, :, :slices], "cd" * 32, "blocks")
        case = prepare_case(CaseInputs(short, cect, reference, reference_on_cect=True), CaseSettings())
        told = {notice.code: notice.message for notice in case.notices}
        assert "%) of the reference lie outside the scan" in told[code]
        assert (case.reference is None) == (code == "reference_not_used")


def test_reference_drawn_on_an_unregistered_cect_is_left_out(known: dict[str, Any]) -> None:
    known["plausible"] = False
    cect, reference = shifted(synthesis().synthetic_cect), shifted(labels())
    result = process_case(CaseInputs(scan(), cect, reference, reference_on_cect=True), CaseSettings())
    assert result.agreement is None
    assert "reference_not_used" in [notice.code for notice in result.case.notices]


def test_unusable_scan_is_refused_before_anything_is_computed(
    known: dict[str, Any], monkeypatch: Any
) -> None:
    def refuse(image: sitk.Image) -> list:
        raise InputRefused("not_hu", "The values are not HU.")

    monkeypatch.setattr(case_module, "inspect_scan", refuse)
    with pytest.raises(InputRefused):
        process_case(CaseInputs(scan()), CaseSettings())
    assert "settings" not in known


def test_progress_rises_from_zero_to_one(known: dict[str, Any]) -> None:
    fractions: list[float] = []
    process_case(CaseInputs(scan()), CaseSettings(), lambda fraction, message: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_raising_from_progress_cancels(known: dict[str, Any]) -> None:
    def cancel(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        process_case(CaseInputs(scan()), CaseSettings(), cancel)


def test_another_threshold_leaves_the_prepared_case_as_it_was() -> None:
    case = prepared_case()
    before = dict(case.seconds)
    segment_case(case, 370.0)
    assert case.seconds == before


def test_volume_falls_as_the_threshold_rises() -> None:
    curve = volume_curve(prepared_case(), [300.0, 370.0, 2000.0])
    assert [point[0] for point in curve] == [300.0, 370.0, 2000.0]
    assert curve[0][1] is not None and curve[1][1] is None
    assert curve[0][2] == curve[1][2] and curve[2][2] is None


def test_part_of_a_longer_work_fills_its_share_of_the_bar() -> None:
    seen: list[tuple[float, str]] = []
    part = part_of(lambda fraction, message: seen.append((fraction, message)), 0.5, 0.75)
    part(0.0, "begins")
    part(1.0, "ends")
    assert seen == [(0.5, "begins"), (0.75, "ends")]


def test_notices_of_the_other_files_come_along(known: dict[str, Any]) -> None:
    notice = Notice("cect_other_series", "Real CECT: Used series 2.")
    result = process_case(CaseInputs(scan(), notices=(notice,)), CaseSettings())
    assert notice in result.case.notices
