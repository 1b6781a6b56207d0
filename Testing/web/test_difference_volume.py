"""The difference between synthetic and real CECT in the scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from Testing import small_case
from Testing.web.conftest import needs_room

pytestmark = needs_room


@pytest.fixture(scope="module")
def scene() -> Any:
    from SyntheticCECTLib.web.quiet_slicer import quiet_slicer_app

    return quiet_slicer_app().scene


def test_difference_is_ours_minus_the_real_one_inside_the_heart(scene: Any) -> None:
    from SyntheticCECTLib.mrml.provenance import is_synthetic
    from SyntheticCECTLib.mrml.volume_node import voxels_of
    from SyntheticCECTLib.web.viewing.difference_volume import add_difference

    case = small_case.prepared_case(cect=small_case.image_of(small_case.blocks(LA=300, LV=450)))
    node = add_difference(scene, case)
    values = voxels_of(node)
    assert set(np.unique(values[small_case.LA])) == {40}
    assert set(np.unique(values[small_case.LV])) == {-50}
    assert values[0, 0, 0] < node.GetDisplayNode().GetLowerThreshold()
    assert is_synthetic(node)
    assert node.GetDisplayNode().GetColorNode().GetNumberOfColors() == 256


def test_case_leaves_nothing_in_the_scene(scene: Any) -> None:
    from SyntheticCECTLib.web.viewing.case_on_screen import CECT, DIFFERENCE, CaseOnScreen

    before = scene.GetNumberOfNodes()
    screen = CaseOnScreen(scene)
    screen.show_result(small_case.case_result())
    assert {CECT, DIFFERENCE} <= set(screen.images)
    screen.show_result(small_case.case_result())
    screen.clear()
    left = [scene.GetNthNode(n).GetName() for n in range(before, scene.GetNumberOfNodes())]
    assert [name for name in left if name != "SubjectHierarchy"] == []
    assert screen.images == []


def test_case_without_a_real_cect_has_no_difference(scene: Any) -> None:
    from SyntheticCECTLib.web.viewing.difference_volume import add_difference

    with pytest.raises(ValueError, match="no registered CECT"):
        add_difference(scene, small_case.prepared_case(cect=None))
