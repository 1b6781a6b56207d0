"""A result in the scene is a case again: thresholded and compared it gives the figures of the first time."""

from __future__ import annotations

from typing import Any

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case import CaseResult, segment_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.mrml.result_case import prepared_case_of
from SyntheticCECTLib.mrml.result_nodes import ResultNodes, add_result
from SyntheticCECTLib.mrml.tables import table_csv
from SyntheticCECTLib.mrml.volume_node import add_volume, set_image, to_image
from Testing.small_case import LA_ML, blocks, case_result, image_of, prepared_case, synthesis


def test_figures_of_the_case_from_the_scene_are_those_it_had(
    a_result: ResultNodes, a_case: CaseResult
) -> None:
    again = segment_case(prepared_case_of(a_result), 350.0)
    expected = segment_case(prepared_case(), 350.0)
    assert again.volumes == expected.volumes
    assert again.agreement is not None and expected.agreement is not None
    assert again.agreement.as_dict() == expected.agreement.as_dict()
    assert again.case.notices == a_case.case.notices and again.case.input_sha256 == "cd" * 32
    assert again.case.synthesis.model_settings_sha256 == "ef" * 32


def test_a_scan_below_a_transform_gives_the_same_case(
    scene: Any, a_case: CaseResult, a_transform: Any
) -> None:
    native = add_volume(scene, a_case.case.synthesis.native_ct, "CT", a_transform)
    again = segment_case(prepared_case_of(add_result(scene, a_case, native)))
    assert again.volumes == a_case.volumes
    assert again.agreement is not None and again.agreement.patient.values["dice"] == 1.0


def test_a_case_without_split_and_reference_comes_back_without(scene: Any, a_native_node: Any) -> None:
    made = case_result(synthesis=synthesis(chamber_prior=None), cect=None, reference=None)
    case = prepared_case_of(add_result(scene, made, a_native_node))
    assert case.synthesis.chamber_prior is None and case.cect is None and case.reference is None


def test_intervals_and_expected_error_come_back(scene: Any, a_native_node: Any) -> None:
    made = synthesis(expected_error_hu=image_of(blocks(LA=30)), volume_factors={"la": (0.8, 1.3)})
    result = add_result(scene, case_result(synthesis=made), a_native_node)
    case = prepared_case_of(result)
    assert segment_case(case).intervals_ml == {"la": pytest.approx((LA_ML * 0.8, LA_ML * 1.3))}
    assert case.synthesis.expected_error_hu is not None
    assert (sitk.GetArrayViewFromImage(case.synthesis.expected_error_hu) == blocks(LA=30)).all()
    assert "left atrium,11.5,mL,9 to 15," in table_csv(result.tables["volumes"])


def test_a_volume_without_provenance_is_refused(a_result: ResultNodes) -> None:
    a_result.synthetic_cect.RemoveAttribute("SyntheticCECT.model_id")
    with pytest.raises(InputRefused, match="model_id") as refusal:
        prepared_case_of(a_result)
    assert refusal.value.code == "not_a_result"


def test_a_volume_of_another_size_is_refused(scene: Any, a_result: ResultNodes) -> None:
    set_image(a_result.enhancement, to_image(a_result.enhancement)[1:, :, :])
    with pytest.raises(InputRefused, match=r"\(47, 40, 12\)"):
        prepared_case_of(a_result)
