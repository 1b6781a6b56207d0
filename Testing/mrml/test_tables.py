"""Tables hold the figures with units, and a reason in place of a number that should not be trusted."""

from __future__ import annotations

import inspect
import math
import re
from typing import Any

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.alignment import registration_quality
from SyntheticCECTLib.core.alignment.registration import Registration
from SyntheticCECTLib.core.case import CaseResult
from SyntheticCECTLib.mrml.tables import (
    QUALITIES,
    add_metrics_table,
    add_table,
    add_volumes_table,
    columns_of,
    table_csv,
    update_table,
    update_volumes_table,
)
from Testing.small_case import case_result

VOLUMES = {"la": {"ml": 80.04, "reason": None}, "lv": {"ml": None, "reason": "the bright voxels leak"}}


def rows_of(node: Any) -> dict[str, dict[str, Any]]:
    columns = columns_of(node)
    first = next(iter(columns))
    return {
        str(key): {heading: values[row] for heading, values in columns.items()}
        for row, key in enumerate(columns[first])
    }


def test_volumes_have_units_and_reasons(scene: Any) -> None:
    rows = rows_of(add_volumes_table(scene, VOLUMES, 300.0, "volumes", heart_ml=640.0))
    assert (rows["left atrium"]["value"], rows["left atrium"]["unit"]) == ("80.0", "mL")
    assert (rows["left ventricle"]["value"], rows["left ventricle"]["reason"]) == (
        "no value",
        "the bright voxels leak",
    )
    assert (rows["heart"]["value"], rows["threshold"]["value"], rows["threshold"]["unit"]) == (
        "640.0",
        "300",
        "HU",
    )


def test_body_surface_adds_indexed_volumes(scene: Any) -> None:
    rows = rows_of(add_volumes_table(scene, VOLUMES, 300.0, "volumes", 640.0, body_surface_m2=2.0))
    column = "mL per m² body surface"
    assert (rows["left atrium"][column], rows["left ventricle"][column]) == ("40.0", "no value")
    assert (rows["heart"][column], rows["threshold"][column]) == ("320.0", "")


def test_new_volumes_replace_the_old_ones(scene: Any) -> None:
    node = add_volumes_table(scene, VOLUMES, 300.0, "volumes", 640.0, body_surface_m2=2.0)
    update_volumes_table(node, {"la": {"ml": 70.0, "reason": None}}, 320.0)
    rows = rows_of(node)
    assert list(rows) == ["left atrium", "threshold"] and rows["threshold"]["value"] == "320"
    assert list(rows["left atrium"]) == ["what", "value", "unit", "reason"]


def test_metrics_are_the_cases_figures_with_unit_region_and_range(scene: Any, a_case: CaseResult) -> None:
    assert a_case.agreement is not None
    rows = rows_of(add_metrics_table(scene, a_case.agreement, "agreement"))
    assert rows["Dice, whole volume"]["value"] == "1.000"
    assert (rows["Volume error dV%, LA+LV"]["value"], rows["Volume error dV%, LA+LV"]["unit"]) == ("0.0", "%")
    psnr = rows["PSNR, range 4096 HU"]
    # Synthetic and real CECT of the small case are identical.
    assert (psnr["value"], psnr["data range (HU)"]) == ("no value", "4096") and "identical" in psnr["reason"]
    assert psnr["computed over"] == "heart mask"


def test_metrics_without_a_comparison_all_say_why(scene: Any) -> None:
    result = case_result(cect=None, reference=None)
    rows = rows_of(add_metrics_table(scene, result.agreement, "agreement", result.no_agreement or ""))
    assert {row["value"] for row in rows.values()} == {"no value"}
    assert {row["reason"] for row in rows.values()} == {"no reference chambers and no real CECT were given"}


def test_quality_of_the_registration_stands_below_the_figures(scene: Any, a_case: CaseResult) -> None:
    quality = {"lung_dice": None, "translation_mm": 71.26, "rotation_deg": 2.0}
    doubtful = Registration(
        sitk.Euler3DTransform(), quality, False, ("The scans would have to be shifted by 71 mm.",)
    )
    rows = rows_of(add_metrics_table(scene, a_case.agreement, "agreement", registration=doubtful))
    verdict, shift = rows["Registration of the CECT"], rows["Registration: shift"]
    assert verdict["value"] == "not plausible" and "shifted by 71 mm" in verdict["reason"]
    assert (shift["value"], shift["unit"], shift["key"]) == ("71.3", "mm", "registration.translation_mm")
    lungs = rows["Registration: Dice of the lungs"]
    assert lungs["value"] == "no value" and "lung" in lungs["reason"]
    assert rows["Dice, whole volume"]["value"] == "1.000"


def test_every_measure_of_a_registration_has_a_row() -> None:
    source = inspect.getsource(registration_quality.measure)
    assert set(re.findall(r'^        "(\w+)":', source, re.MULTILINE)) == set(QUALITIES)


def test_numbers_stay_numbers_and_words_words(scene: Any) -> None:
    node = add_table(scene, {"hu": [1, 2.5, None], "who": ["a", None, "c"]}, "mixed")
    columns = columns_of(node)
    assert columns["hu"][:2] == [1.0, 2.5] and math.isnan(float(columns["hu"][2]))
    assert columns["who"] == ["a", "", "c"]
    assert table_csv(node) == "hu,who\n1.0,a\n2.5,\n,c\n"


def test_columns_of_different_length_are_refused_and_leave_no_node(scene: Any, ids_of: Any) -> None:
    before = ids_of(scene)
    with pytest.raises(ValueError, match="'a': 1, 'b': 2"):
        add_table(scene, {"a": [1.0], "b": [1.0, 2.0]}, "bad")
    assert ids_of(scene) == before


def test_an_update_is_one_event(scene: Any) -> None:
    node, events = add_table(scene, {"a": [1.0]}, "one"), []
    node.AddObserver("ModifiedEvent", lambda *_: events.append(1))
    update_table(node, {"b": [1.0, 2.0], "c": [3.0, 4.0]})
    assert len(events) == 1 and list(columns_of(node)) == ["b", "c"]


def test_a_person_cannot_type_over_a_figure(scene: Any) -> None:
    assert add_volumes_table(scene, VOLUMES, 300.0, "volumes").GetLocked()
