"""The scene for 3D Slicer: every file is there, the synthetic CECT lies over the CT, its name says what it is."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import SimpleITK as sitk

from SyntheticCECTLib.cli.slicer_scene import write_scene
from SyntheticCECTLib.core.case_folder import write_case
from Testing.small_case import blocks, case_result, image_of


def a_scene(folder: Path, **changes: object) -> ElementTree.Element:
    metrics = write_case(case_result(**changes), folder)  # type: ignore[arg-type]
    sitk.WriteImage(image_of(blocks()), str(folder / "native_ct.nrrd"))
    return ElementTree.parse(write_scene(folder, "native_ct.nrrd", metrics["files"])).getroot()


def test_every_file_that_the_scene_names_is_beside_it(tmp_path: Path) -> None:
    scene = a_scene(tmp_path)
    files = {node.get("fileName") for node in scene if node.get("fileName")}
    assert files == {
        "native_ct.nrrd", "synthetic_cect.nrrd", "cect_registered.nrrd", "chambers.seg.nrrd", "reference.seg.nrrd",
    }  # fmt: skip
    assert all((tmp_path / str(name)).is_file() for name in files)


def test_scene_without_cect_and_reference_names_neither(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, cect=None, reference=None)
    files = {node.get("fileName") for node in scene if node.get("fileName")}
    assert files == {"native_ct.nrrd", "synthetic_cect.nrrd", "chambers.seg.nrrd"}


def test_every_reference_leads_to_a_node(tmp_path: Path) -> None:
    scene = a_scene(tmp_path)
    ids = {node.get("id") for node in scene}
    for node in scene:
        for reference in filter(None, node.get("references", "").split(";")):
            assert reference.partition(":")[2] in ids


def test_red_view_shows_the_synthetic_over_the_ct(tmp_path: Path) -> None:
    scene = a_scene(tmp_path)
    names = {node.get("id"): node.get("name", "") for node in scene.iter("Volume")}
    (red,) = [node for node in scene.iter("SliceComposite") if node.get("layoutName") == "Red"]
    roles = dict(part.split(":") for part in red.get("references", "").split(";") if part)
    assert (
        "SYNTHETIC" in names[roles["foregroundVolume"]]
        and "SYNTHETIC" not in names[roles["backgroundVolume"]]
    )
    assert red.get("foregroundOpacity") == "1"


def test_views_are_centred_on_the_heart_in_ras(tmp_path: Path) -> None:
    scene = a_scene(tmp_path)
    (red,) = [node for node in scene.iter("Slice") if node.get("layoutName") == "Red"]
    numbers = [float(number) for number in red.get("sliceToRAS", "").split()]
    # Middle of voxels 10-39, 8-31, 2-9 at 2 x 2 x 5 mm from (-40, -30, 100) in LPS.
    assert numbers[3::4][:3] == [-(-40 + 24.5 * 2), -(-30 + 19.5 * 2), 100 + 5.5 * 5]
