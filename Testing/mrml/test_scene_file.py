"""A saved scene holds everything, and everything works after it was loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.cli.slicer_scene import write_scene
from SyntheticCECTLib.core.case import CaseResult, segment_case
from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.mrml.display import synthetic_views
from SyntheticCECTLib.mrml.label_node import chambers_of
from SyntheticCECTLib.mrml.live_chambers import LiveChambersNode
from SyntheticCECTLib.mrml.plots import series_of
from SyntheticCECTLib.mrml.provenance import is_synthetic, provenance_of
from SyntheticCECTLib.mrml.result_case import prepared_case_of
from SyntheticCECTLib.mrml.result_nodes import ResultNodes, add_result, find_result
from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene
from SyntheticCECTLib.mrml.subject_hierarchy import nodes_in
from SyntheticCECTLib.mrml.tables import columns_of, table_csv
from SyntheticCECTLib.mrml.volume_node import add_volume, to_image
from Testing.small_case import blocks, case_result, image_of


def array_of(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


@pytest.fixture
def a_file(scene: Any, a_result: ResultNodes, tmp_path: Path) -> Path:
    return save_scene(scene, tmp_path / "case 1.mrb")


@pytest.fixture
def reloaded(scene: Any, a_file: Path) -> ResultNodes:
    """The result as it is found after the scene was closed and loaded."""
    load_scene(scene, a_file, clear=True)
    result = find_result(scene, scene.GetFirstNodeByName("native CT"))
    assert result is not None
    return result


def test_every_node_comes_back_with_name_and_provenance(reloaded: ResultNodes, a_case: CaseResult) -> None:
    assert set(reloaded.by_role()) == {
        "synthetic_cect", "enhancement", "heart", "chambers", "chamber_split", "registered_cect", "reference",
        "table.volumes", "table.metrics", "chart.curve",
    }  # fmt: skip
    for role, node in reloaded.by_role().items():
        assert node.GetName().startswith("Case 1") and provenance_of(node)["content"] == role
    assert is_synthetic(reloaded.synthetic_cect) and not is_synthetic(reloaded.native)


def test_images_and_labels_come_back_voxel_by_voxel(reloaded: ResultNodes, a_case: CaseResult) -> None:
    assert (array_of(to_image(reloaded.native)) == blocks()).all()
    made = a_case.case.synthesis
    assert (array_of(to_image(reloaded.synthetic_cect)) == array_of(made.synthetic_cect)).all()
    assert (array_of(chambers_of(reloaded.chambers, reloaded.native)) == array_of(a_case.labels)).all()


def test_segments_come_back_with_colours_and_surfaces(reloaded: ResultNodes) -> None:
    segment = reloaded.chambers.GetSegmentation().GetSegment("la")
    assert segment.GetName() == "left atrium" and segment.GetColor() == pytest.approx((0.91, 0.55, 0.15))
    assert segment.GetRepresentation("Closed surface").GetNumberOfPoints() > 0
    assert not reloaded.heart.GetDisplayNode().GetVisibility()


def test_windows_and_colours_come_back(reloaded: ResultNodes) -> None:
    display = reloaded.synthetic_cect.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (900.0, 250.0)
    colors = reloaded.enhancement.GetDisplayNode().GetColorNode()
    assert colors.GetName() == "SYNTHETIC enhancement colours" and colors.GetNumberOfColors() == 256


def test_everything_comes_back_from_what_slicers_save_dialog_writes(
    scene: Any, a_result: ResultNodes, a_case: CaseResult, tmp_path: Path
) -> None:
    save_as_the_dialog_does(scene, tmp_path)
    load_scene(scene, tmp_path / "scene.mrml", clear=True)
    result = find_result(scene, scene.GetFirstNodeByName("native CT"))
    assert result is not None and result.chamber_split is not None
    made = a_case.case.synthesis
    assert made.chamber_prior is not None
    assert (array_of(to_image(result.chamber_split)) == array_of(made.chamber_prior)).all()
    colors = result.enhancement.GetDisplayNode().GetColorNode()
    assert colors.GetName() == "SYNTHETIC enhancement colours" and colors.GetNumberOfColors() == 256
    color = [0.0] * 4
    colors.GetColor(255, color)
    assert color == pytest.approx([1.0, 1.0, 0.8, 1.0], abs=0.01)


def save_as_the_dialog_does(scene: Any, folder: Path) -> None:
    """A ``scene.mrml`` and a file for each node that Slicer's Save dialog lists: it leaves hidden ones out."""
    scene.SetURL(str(folder / "scene.mrml"))
    scene.SetRootDirectory(str(folder))
    for node in (scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())):
        if node.IsA("vtkMRMLStorableNode") and not node.GetHideFromEditors() and node.GetSaveWithScene():
            node.AddDefaultStorageNode()
            storage = node.GetStorageNode()
            ending = storage.GetDefaultWriteFileExtension()
            storage.SetFileName(str(folder / f"{node.GetID()}.{ending}"))
            assert storage.WriteData(node), node.GetName()
    assert scene.Commit()


def test_tables_come_back_and_numbers_stay_numbers(reloaded: ResultNodes) -> None:
    assert "left atrium,11.5,mL," in table_csv(reloaded.tables["volumes"])
    curve = columns_of(series_of(reloaded.charts["curve"])[0].GetTableNode())
    assert curve["threshold (HU)"][0] == 100.0 and np.isnan(curve["left atrium"][-1])


def test_the_folder_comes_back_with_its_nodes(scene: Any, reloaded: ResultNodes) -> None:
    assert set(nodes_in(scene, reloaded.folder)) == set(reloaded.nodes())


def test_the_threshold_still_moves_the_chambers(reloaded: ResultNodes, a_case: CaseResult) -> None:
    case = prepared_case_of(reloaded)
    assert (
        LiveChambersNode(case.synthesis, reloaded.chambers).at(350.0)
        == segment_case(a_case.case, 350.0).volumes
    )
    assert not (array_of(chambers_of(reloaded.chambers, reloaded.native)) == 1).any()


def test_a_transform_above_the_scan_comes_back(
    scene: Any, a_case: CaseResult, a_transform: Any, tmp_path: Path
) -> None:
    native = add_volume(scene, a_case.case.synthesis.native_ct, "moved CT", a_transform)
    add_result(scene, a_case, native)
    load_scene(scene, save_scene(scene, tmp_path / "moved.mrb"), clear=True)
    result = find_result(scene, scene.GetFirstNodeByName("moved CT"))
    assert result is not None and result.chambers.GetParentTransformNode().GetName() == "moved patient"
    image = to_image(result.synthetic_cect)
    assert image.GetOrigin() == pytest.approx(a_case.case.synthesis.native_ct.GetOrigin(), abs=1e-4)


def test_a_scene_loaded_beside_another_keeps_the_two_results_apart(
    scene: Any, a_file: Path, a_result: ResultNodes
) -> None:
    a_result.native.SetName("the first CT")
    load_scene(scene, a_file)
    other = find_result(scene, scene.GetFirstNodeByName("native CT"))
    assert find_result(scene, a_result.native) == a_result
    assert other is not None and not set(other.nodes()) & set(a_result.nodes())


def test_saving_leaves_one_file_and_the_scenes_own_name(
    scene: Any, a_native_node: Any, tmp_path: Path
) -> None:
    scene.SetURL("somewhere/else.mrml")
    file = save_scene(scene, tmp_path / "one.mrb")
    assert [entry.name for entry in tmp_path.iterdir()] == [
        "one.mrb"
    ] and scene.GetURL() == "somewhere/else.mrml"
    assert "one/one.mrml" in ZipFile(file).namelist()


def test_a_scene_that_cannot_be_written_leaves_the_old_file(
    scene: Any, a_native_node: Any, tmp_path: Path
) -> None:
    target = tmp_path / "taken.mrb"
    target.mkdir()
    (target / "inside").write_text("kept")
    with pytest.raises(InputRefused, match=r"taken\.mrb") as refusal:
        save_scene(scene, target)
    assert refusal.value.code == "scene_not_written"
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken.mrb"] and (target / "inside").exists()


@pytest.mark.parametrize("name", ["scene.mrml", "scene", "scene.zip"])
def test_another_ending_is_refused(scene: Any, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused, match=name):
        save_scene(scene, tmp_path / name)


@pytest.mark.parametrize("name", ["absent.mrb", "damaged.mrb", "damaged.mrml"])
def test_a_file_that_is_no_scene_is_refused(scene: Any, tmp_path: Path, name: str) -> None:
    if "damaged" in name:
        (tmp_path / name).write_bytes(b"PK\x03\x04 nothing of use")
    with pytest.raises(InputRefused, match=name) as refusal:
        load_scene(scene, tmp_path / name)
    assert refusal.value.code == "scene_not_read"


def test_the_scene_of_the_command_line_loads_with_the_same_names_and_colours(
    scene: Any, tmp_path: Path, some_labels: sitk.Image
) -> None:
    metrics = write_case(case_result(), tmp_path)
    sitk.WriteImage(image_of(blocks()), str(tmp_path / "native_ct.nrrd"))
    load_scene(scene, write_scene(tmp_path, "native_ct.nrrd", metrics["files"]))
    native, synthetic, chambers, reference = (
        scene.GetFirstNodeByName(name)
        for name in (
            "native CT",
            "SYNTHETIC CECT (research use)",
            "chambers estimated from SYNTHETIC CECT",
            "reference chambers",
        )
    )
    assert (array_of(to_image(native)) == blocks()).all()
    assert is_synthetic(synthetic) and not is_synthetic(native)
    for node in (chambers, reference):
        assert (array_of(chambers_of(node, native)) == array_of(some_labels)).all()
    assert chambers.GetSegmentation().GetSegmentIDs() == ("la", "lv")
    (red,) = synthetic_views(scene)
    assert red.GetLayoutName() == "Red"
