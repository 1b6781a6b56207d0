"""Chambers survive their files, and foreign label files are understood or refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import (
    on_grid_of,
    read_labels,
    read_mask,
    with_room_for,
    write_chambers,
)
from Testing.core.small_scans import DATA, image_of, oblique, same_geometry

LPS_FRAME = b"space directions: none (1,0,0) (0,1,0) (0,0,2)\nkinds: list domain domain domain\nspace origin: (2,3,8)\n"


def two_chambers(direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1)) -> sitk.Image:
    array = np.zeros((10, 20, 24), np.uint8)
    array[2:5, 3:9, 4:10], array[5:8, 8:15, 10:20] = 1, 2
    return image_of(array, direction=direction)


def refusal_of(path: Path, reference: sitk.Image | None = None) -> str:
    with pytest.raises(InputRefused) as refusal:
        read_labels(path, reference)
    assert "\n" not in str(refusal.value)
    return refusal.value.code


@pytest.mark.parametrize(
    "direction", [(1, 0, 0, 0, -1, 0, 0, 0, 1), oblique()], ids=["left-handed", "oblique"]
)
def test_written_chambers_are_read_back_where_they_were(tmp_path: Path, direction: tuple[float, ...]) -> None:
    chambers = two_chambers(direction)
    write_chambers(tmp_path / "chambers.seg.nrrd", chambers)
    back = read_labels(tmp_path / "chambers.seg.nrrd")
    assert same_geometry(back, chambers)
    assert np.array_equal(sitk.GetArrayViewFromImage(back), sitk.GetArrayViewFromImage(chambers))


def test_the_file_carries_names_colors_terms_and_extents(tmp_path: Path) -> None:
    path = tmp_path / "chambers.seg.nrrd"
    write_chambers(path, two_chambers(), {"SyntheticCECT_ModelId": "a model"})
    header = path.read_bytes().split(b"\n\n")[0].decode()
    for line in (
        "encoding: gzip",
        "type: unsigned char",
        "Segment0_Name:=left atrium",
        "Segment0_LabelValue:=1",
        "Segment0_Extent:=4 9 3 8 2 4",
        "Segment1_Name:=left ventricle",
        "Segment1_LabelValue:=2",
        "Segment1_Layer:=0",
        "Segment1_Extent:=10 19 8 14 5 7",
        "Segmentation_MasterRepresentation:=Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset:=0 0 0",
        "SyntheticCECT_ModelId:=a model",
    ):
        assert line in header.splitlines()
    tags = [line for line in header.splitlines() if "_Tags" in line]
    assert "~SCT^123037004^Anatomical Structure~SCT^82471001^Left atrium~" in tags[0]
    assert "~SCT^123037004^Anatomical Structure~SCT^87878005^Left ventricle~" in tags[1]


def test_labels_other_than_the_chambers_are_not_written(tmp_path: Path) -> None:
    write_chambers(
        tmp_path / "a.seg.nrrd", two_chambers() + sitk.Cast(two_chambers() == 2, sitk.sitkUInt8) * 5
    )
    image = sitk.ReadImage(str(tmp_path / "a.seg.nrrd"))
    assert set(np.unique(sitk.GetArrayViewFromImage(image))) == {0, 1}
    assert image.GetMetaData("Segment1_Extent") == "0 -1 0 -1 0 -1"


def test_a_segmentation_must_be_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.seg\.nrrd"):
        write_chambers(tmp_path / "chambers.nrrd", two_chambers())


@pytest.mark.parametrize("name", ["labels.nrrd", "labels.nii.gz", "labels.mha"])
@pytest.mark.parametrize("kind", [sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkFloat32])
def test_label_images_of_any_format_and_type_keep_only_the_chambers(
    tmp_path: Path, name: str, kind: int
) -> None:
    array = sitk.GetArrayFromImage(two_chambers())
    array[0, 0, 0] = 7
    sitk.WriteImage(sitk.Cast(image_of(array, direction=oblique()), kind), str(tmp_path / name))
    back = read_labels(tmp_path / name)
    assert back.GetPixelID() == sitk.sitkUInt8
    assert same_geometry(back, two_chambers(oblique()), 1e-4)
    assert np.array_equal(sitk.GetArrayFromImage(back), sitk.GetArrayFromImage(two_chambers()))


def slicer_file(path: Path, layers: np.ndarray, *segments: str) -> Path:
    """A segmentation with overlapping segments as Slicer writes it: 4D, cropped, its own label values."""
    sizes = " ".join(map(str, layers.shape[::-1]))
    header = f"NRRD0004\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\nsizes: {sizes}\n"
    header += LPS_FRAME.decode() + "encoding: gzip\n"
    for index, fields in enumerate(segments):
        for field in fields.split(";"):
            header += f"Segment{index}_{field}\n"
    path.write_bytes(header.encode() + b"\n" + gzip.compress(layers.tobytes()))
    return path


def test_segments_in_layers_are_found_by_code_or_by_name(tmp_path: Path) -> None:
    layers = np.zeros((4, 5, 6, 2), np.uint8)  # (K, J, I, list)
    layers[..., 0] = 1  # the whole heart, in a layer of its own
    layers[1, 1:3, 1:3, 1], layers[2, 2:4, 2:5, 1] = 4, 9
    path = slicer_file(
        tmp_path / "slicer.seg.nrrd",
        layers,
        "ID:=a;Name:=whole heart;Layer:=0;LabelValue:=1",
        "ID:=b;Name:=Vorhof;Layer:=1;LabelValue:=4;Tags:=TerminologyEntry:x~SCT^1^A~SCT^82471001^Left atrium~^^~y~^^~^^|",
        "ID:=c;Name:=Left_Ventricle;Layer:=1;LabelValue:=9",
    )
    reference = image_of(np.zeros((10, 12, 14), np.int16), (1, 1, 2), (0, 0, 0))
    labels = read_labels(path, reference)
    array = sitk.GetArrayViewFromImage(labels)
    assert same_geometry(labels, reference, 0)
    expected = np.zeros((10, 12, 14), np.uint8)
    expected[5, 4:6, 3:5], expected[6, 5:7, 4:7] = 1, 2
    assert np.array_equal(array, expected)


def test_a_segmentation_without_the_chambers_is_refused_and_its_segments_are_named(tmp_path: Path) -> None:
    path = slicer_file(
        tmp_path / "a.seg.nrrd", np.ones((3, 3, 3, 1), np.uint8), "ID:=x;Name:=liver;LabelValue:=1"
    )
    with pytest.raises(InputRefused, match="liver") as refusal:
        read_labels(path)
    assert refusal.value.code == "no_labels"


def test_labels_go_onto_another_grid_by_nearest_neighbour(tmp_path: Path) -> None:
    sitk.WriteImage(two_chambers(), str(tmp_path / "labels.nrrd"))
    finer = image_of(np.zeros((20, 40, 48), np.int16), (0.4, 0.45, 1.5))
    labels = read_labels(tmp_path / "labels.nrrd", finer)
    assert same_geometry(labels, finer, 0)
    expected = sitk.Resample(two_chambers(), finer, sitk.Transform(), sitk.sitkNearestNeighbor)
    assert np.array_equal(sitk.GetArrayViewFromImage(labels), sitk.GetArrayViewFromImage(expected))


def test_labels_beside_the_scan_are_refused(tmp_path: Path) -> None:
    sitk.WriteImage(two_chambers(), str(tmp_path / "labels.nrrd"))
    far = image_of(np.zeros((10, 20, 24), np.int16), origin=(5000.0, 0.0, 0.0))
    assert refusal_of(tmp_path / "labels.nrrd", far) == "no_overlap"


def test_a_grid_that_differs_by_rounding_takes_the_references_geometry(tmp_path: Path) -> None:
    sitk.WriteImage(two_chambers(), str(tmp_path / "labels.nrrd"))
    reference = image_of(np.zeros((10, 20, 24), np.int16), (0.8000001, 0.9, 3.0))
    labels = read_labels(tmp_path / "labels.nrrd", reference)
    assert labels.GetSpacing() == reference.GetSpacing()
    assert np.array_equal(sitk.GetArrayFromImage(labels), sitk.GetArrayFromImage(two_chambers()))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.zeros((4, 5, 6), np.uint8), "no_labels"),
        (np.full((4, 5, 6), 3, np.int16), "no_labels"),
        (np.linspace(0, 2, 120, dtype=np.float32).reshape(4, 5, 6), "not_labels"),
        (np.arange(-1000, 20000, 25, dtype=np.int16).reshape(4, 10, 21), "not_labels"),
    ],
    ids=["empty", "other labels", "fractions", "a CT"],
)
def test_what_is_no_label_image_is_refused(tmp_path: Path, values: np.ndarray, code: str) -> None:
    sitk.WriteImage(image_of(values), str(tmp_path / "labels.nrrd"))
    assert refusal_of(tmp_path / "labels.nrrd") == code


def test_an_empty_segmentation_can_be_asked_for_but_other_structures_stay_refused(tmp_path: Path) -> None:
    write_chambers(tmp_path / "none.seg.nrrd", two_chambers() * 0)
    elsewhere = image_of(np.zeros((4, 5, 6), np.int16), origin=(5000.0, 0.0, 0.0))
    for reference in (two_chambers(), elsewhere):
        labels = read_labels(tmp_path / "none.seg.nrrd", reference, may_be_empty=True)
        assert same_geometry(labels, reference, 0) and not sitk.GetArrayViewFromImage(labels).any()
    liver = slicer_file(
        tmp_path / "liver.seg.nrrd", np.ones((3, 3, 3, 1), np.uint8), "ID:=x;Name:=liver;LabelValue:=1"
    )
    with pytest.raises(InputRefused, match="liver"):
        read_labels(liver, may_be_empty=True)


def test_a_missing_or_damaged_label_file_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "absent.nrrd") == "not_found"
    write_chambers(tmp_path / "a.seg.nrrd", two_chambers())
    whole = (tmp_path / "a.seg.nrrd").read_bytes()
    (tmp_path / "a.seg.nrrd").write_bytes(whole[:-9])
    assert refusal_of(tmp_path / "a.seg.nrrd") == "truncated_file"


def test_a_mask_is_everything_but_zero(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.Cast(two_chambers(), sitk.sitkFloat64), str(tmp_path / "mask.nii.gz"))
    mask = read_mask(tmp_path / "mask.nii.gz", two_chambers())
    assert np.array_equal(sitk.GetArrayViewFromImage(mask), sitk.GetArrayFromImage(two_chambers() > 0))
    sitk.WriteImage(two_chambers() * 0, str(tmp_path / "empty.nrrd"))
    with pytest.raises(InputRefused) as refusal:
        read_mask(tmp_path / "empty.nrrd")
    assert refusal.value.code == "no_labels"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the real scans in ../shared/data")
def test_real_reference_labels_keep_their_volumes() -> None:
    labels = read_labels(DATA / "lidc_0001_cta" / "reference" / "labels.nrrd")
    array = sitk.GetArrayViewFromImage(labels)
    voxel_ml = float(np.prod(labels.GetSpacing())) / 1000
    assert (array == 1).sum() * voxel_ml == pytest.approx(71.7, abs=0.1)
    assert (array == 2).sum() * voxel_ml == pytest.approx(57.1, abs=0.1)


def test_a_grid_grows_as_far_as_other_labels_reach_and_no_further() -> None:
    whole = two_chambers(oblique())
    part = whole[3:-2, 2:, 1:-1]
    grown = with_room_for(part, whole)
    array = sitk.GetArrayFromImage(on_grid_of(whole, grown))
    assert np.count_nonzero(array) == np.count_nonzero(sitk.GetArrayFromImage(whole))
    assert np.array_equal(np.unique(array), [0, 1, 2])
    assert all(a <= b for a, b in zip(grown.GetSize(), whole.GetSize(), strict=True))
    assert with_room_for(whole, part) is whole
    assert with_room_for(part, part * 0) is part
