"""The report page: what it says, what it shows, that it fetches nothing and trusts no text."""

from __future__ import annotations

import base64
import io
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from SyntheticCECTLib.core.agreement import compare
from SyntheticCECTLib.core.errors import Notice
from SyntheticCECTLib.core.reporting.charts import Chart, Line, ticks
from SyntheticCECTLib.core.reporting.picture import (
    HEART_COLOUR,
    LA_COLOUR,
    LV_COLOUR,
    Picture,
    Window,
    diverging,
)
from SyntheticCECTLib.core.reporting.report import write_report
from SyntheticCECTLib.core.reporting.report_figures import ReportImages
from SyntheticCECTLib.core.version import RESEARCH_USE

SHAPE = (14, 60, 64)
VOID = {"meta", "img", "br", "line", "circle", "path"}


def image_of(array_kji: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing((1.5, 1.5, 4.0))
    image.SetOrigin((-48.0, -45.0, 100.0))
    return image


@pytest.fixture
def a_patient() -> dict[str, Any]:
    """Images of a body with a heart, the LA at its back, the LV in front."""
    k, j, i = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    body = ((j - 30) / 28) ** 2 + ((i - 32) / 30) ** 2 + 0 * k < 1
    heart = ((k - 7) / 5) ** 2 + ((j - 30) / 15) ** 2 + ((i - 32) / 16) ** 2 < 1
    labels = np.zeros(SHAPE, np.uint8)
    labels[((k - 8) / 3) ** 2 + ((j - 37) / 6) ** 2 + ((i - 30) / 7) ** 2 < 1] = 1
    labels[((k - 6) / 4) ** 2 + ((j - 24) / 6) ** 2 + ((i - 38) / 7) ** 2 < 1] = 2
    rng = np.random.default_rng(3)
    native = (np.where(body, 40.0, -1000.0) + rng.normal(0, 10, SHAPE)).astype(np.float32)
    synthetic = native + 300 * (labels > 0).astype(np.float32)
    return {
        "native_ct": image_of(native),
        "synthetic_cect": image_of(synthetic),
        "heart_mask": image_of(heart.astype(np.uint8)),
        "chambers": image_of(labels),
        "cect": image_of(synthetic + rng.normal(0, 15, SHAPE).astype(np.float32)),
        "reference": image_of(np.roll(labels, 2, axis=2)),
    }


@pytest.fixture
def metrics(a_patient: dict[str, Any]) -> dict[str, Any]:
    p = a_patient
    agreement = compare(p["chambers"], p["reference"], p["synthetic_cect"], p["cect"], p["heart_mask"])
    return {
        "volumes_ml": {"la": {"ml": 71.74, "reason": None}, "lv": {"ml": 57.12, "reason": None}},
        "threshold_hu": 300.0,
        "heart_volume_ml": 612.0,
        "agreement": agreement.as_dict(),
    }


PROVENANCE = {
    "software": "SyntheticCECT 0.1.0",
    "model": {"id": "santini2018", "sha256": "ab" * 32},
    "input_sha256": "0f" * 32,
    "seconds": {"heart": 1.25, "network": 2.5},
}
CURVE = [(250.0, 80.0, 70.0), (300.0, 71.7, 57.1), (350.0, None, 30.0), (400.0, 10.0, None)]


class Page(HTMLParser):
    """Reads a page, checks that its tags nest, and collects text, pictures and every address."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.text, self.open = html, "", []
        self.images: list[dict[str, str]] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = {name: value or "" for name, value in attrs}
        self.addresses += [given[name] for name in ("src", "href", "srcset", "action") if name in given]
        if tag == "img":
            self.images.append(given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "title"}:
            self.text += data + " "

    def pictures(self, word: str) -> list[np.ndarray]:
        return [pixels_of(image["src"]) for image in self.images if word in image["alt"]]


def pixels_of(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))))


def near(pixels: np.ndarray, colour: tuple[int, int, int], within: int = 40) -> np.ndarray:
    return np.abs(pixels.astype(int) - colour).max(axis=-1) <= within


def report(tmp_path: Path, **arguments: Any) -> Page:
    path = tmp_path / "report.html"
    write_report(path, **{"title": "A patient", "provenance": PROVENANCE, "volume_curve": CURVE, **arguments})
    return Page(path.read_text(encoding="utf-8"))


def test_the_page_fetches_nothing_and_runs_nothing(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    page = report(tmp_path, metrics=metrics, **a_patient)
    assert page.images
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert not page.tags & {"script", "link", "iframe", "object", "form"}
    assert not re.search(r"https?://|url\(|@import|\son\w+=", re.sub(r"data:[^\"]*", "", page.html))
    assert "default-src 'none'" in page.html
    assert len(page.html) < 3_000_000


def test_the_research_use_statement_stands_at_the_top_the_pictures_and_the_end(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    page = report(tmp_path, metrics=metrics, **a_patient)
    assert page.text.count(RESEARCH_USE) == 3
    assert page.text.index(RESEARCH_USE) < page.text.index("A patient")


def test_volumes_notices_metrics_and_provenance_can_be_read(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    notices = [Notice("thick_slices", "The slices are 8 mm thick.")]
    text = report(tmp_path, metrics=metrics, notices=notices, **a_patient).text
    words = " ".join(text.split())
    assert "Left atrium 71.7 mL" in words and "Left ventricle 57.1 mL" in words
    assert "The slices are 8 mm thick." in words
    dice = metrics["agreement"]["dice"]
    assert f"Dice {dice:.3f}" in words and "0.88 ± 0.03" in words and "9.1 ± 6.2" in words
    assert "heart mask 4096 HU 48.30 ± 2.03" in words and "heart mask 2000 HU" in words
    assert "0.93 ± 0.03" in words
    for fact in ("santini2018", "ab" * 32, "0f" * 32, "1.25 s", "2.50 s", "SyntheticCECT 0.1.0"):
        assert fact in words


def test_a_volume_without_value_shows_the_reason_and_no_number(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    metrics["volumes_ml"]["lv"] = {"ml": None, "reason": "smaller than any heart's"}
    words = " ".join(report(tmp_path, metrics=metrics, **a_patient).text.split())
    assert "Left ventricle no value smaller than any heart's" in words


def test_volumes_as_metrics_json_holds_them_are_understood(tmp_path: Path, a_patient: dict[str, Any]) -> None:
    plain = {"volumes_ml": {"la": 70.0, "lv": None}, "reasons": {"volumes_ml.lv": "it leaks"}}
    words = " ".join(report(tmp_path, metrics=plain, **a_patient).text.split())
    assert "Left atrium 70.0 mL" in words and "no value it leaks" in words


def test_a_figure_without_value_shows_its_reason(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    metrics["agreement"]["ssim"] = None
    metrics["agreement"]["reasons"]["ssim"] = "scikit-image is not installed"
    assert "no value scikit-image is not installed" in " ".join(
        report(tmp_path, metrics=metrics, **a_patient).text.split()
    )


def test_text_from_outside_cannot_become_markup(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    evil = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
    metrics["volumes_ml"]["la"] = {"ml": None, "reason": evil}
    metrics["agreement"]["nmi"], metrics["agreement"]["reasons"]["nmi"] = None, evil
    page = report(
        tmp_path,
        metrics=metrics,
        **{**a_patient, "title": evil, "notices": [Notice(evil, evil)]},
        provenance={evil: evil, "model": {evil: [evil]}, "seconds": {evil: 1.0}},
    )
    assert "script" not in page.tags and "<img src=x" not in page.html
    # Title 2, notice 2, two reasons, and five words of provenance: all there, all harmless.
    assert page.html.count(escape(evil)) == 11
    assert all(image["src"].startswith("data:") for image in page.images)


def test_every_picture_has_an_alternative_text_and_its_size(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    for image in report(tmp_path, metrics=metrics, **a_patient).images:
        assert len(image["alt"]) > 15
        assert pixels_of(image["src"]).shape[:2] == (int(image["height"]), int(image["width"]))


def test_the_row_of_four_shows_each_slice_in_four_ways(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    page = report(tmp_path, metrics=metrics, **a_patient)
    for word in (
        "Native CT, axial",
        "Real CECT, axial",
        "Synthetic CECT, axial",
        "Native CT with the estimated",
    ):
        assert len(page.pictures(word)) == 8
    assert len(page.pictures("Synthetic minus real")) == 8
    assert len(page.pictures("Overlap of estimate and reference")) == 6


def test_without_a_cect_and_reference_their_pictures_are_left_out(
    tmp_path: Path, a_patient: dict[str, Any]
) -> None:
    del a_patient["cect"], a_patient["reference"]
    page = report(tmp_path, metrics={"volumes_ml": {"la": 70.0, "lv": 60.0}}, **a_patient)
    assert not page.pictures("Real CECT") and not page.pictures("Overlap") and not page.pictures("minus real")
    assert len(page.pictures("Synthetic CECT, axial")) == 8
    assert "Nothing was compared" in page.text


def test_every_picture_with_synthetic_pixels_carries_a_plate_that_says_so(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    page = report(tmp_path, metrics=metrics, **a_patient)
    marked = page.pictures("Synthetic CECT, axial") + page.pictures("on the synthetic CECT")
    for pixels in marked + page.pictures("Synthetic minus real") + page.pictures("Native CT with the"):
        plate = near(pixels[:40, :100], (255, 193, 7))
        assert plate.mean() > 0.15
        lettering = np.logical_and(pixels[:40, :100].max(axis=-1) < 70, plate.any(axis=1, keepdims=True))
        assert lettering.sum() > 60
    for pixels in page.pictures("Native CT, axial") + page.pictures("Real CECT"):
        assert not near(pixels[:40, :100], (255, 193, 7)).any()


def test_axial_pictures_are_in_radiological_convention(a_patient: dict[str, Any]) -> None:
    native = np.full(SHAPE, -1000, np.float32)
    native[:, 20:24, 22:26] = 1000  # patient's right (small i) and front (small j)
    a_patient["native_ct"] = image_of(native)
    images = ReportImages(**a_patient)
    pixels = pixels_of(images.row_of_four(7)[0].uri).mean(axis=-1)
    rows, columns = np.nonzero(pixels[30:-30, 30:-30] > 200)
    assert rows.mean() + 30 < pixels.shape[0] / 2
    assert columns.mean() + 30 < pixels.shape[1] / 2


def test_coronal_and_sagittal_pictures_have_the_head_at_the_top(a_patient: dict[str, Any]) -> None:
    native = np.full(SHAPE, -1000, np.float32)
    native[-3:] = 40
    a_patient["native_ct"] = image_of(native)
    for shot in ReportImages(**a_patient).whole_field()[1:]:
        grey = pixels_of(shot.uri).mean(axis=-1)
        assert grey[20:60].mean() > 100 > grey[-60:-40].mean()


def test_scans_of_another_orientation_are_drawn_the_same(a_patient: dict[str, Any]) -> None:
    turned = {name: sitk.DICOMOrient(image, "RAI") for name, image in a_patient.items()}
    straight, other = ReportImages(**a_patient), ReportImages(**turned)
    assert other.heart_slices() == straight.heart_slices()
    assert [s.uri for s in other.row_of_four(7)] == [s.uri for s in straight.row_of_four(7)]
    assert other.z_mm(7) == pytest.approx(straight.z_mm(7))


def test_heart_and_chambers_are_drawn_in_their_colours(a_patient: dict[str, Any]) -> None:
    axial = pixels_of(ReportImages(**a_patient).whole_field()[0].uri)
    for colour in (HEART_COLOUR, LA_COLOUR, LV_COLOUR):
        assert near(axial, colour).sum() > 30
    # LA lies behind LV: further down in the picture.
    assert np.nonzero(near(axial, LA_COLOUR))[0].mean() > np.nonzero(near(axial, LV_COLOUR))[0].mean()


def test_slices_are_spread_over_the_heart_from_head_to_foot(a_patient: dict[str, Any]) -> None:
    images = ReportImages(**a_patient)
    slices = images.heart_slices(4)
    heart = np.flatnonzero(sitk.GetArrayViewFromImage(a_patient["heart_mask"]).any(axis=(1, 2)))
    assert slices == sorted(slices, reverse=True) and set(slices) <= set(heart.tolist())
    assert len(images.heart_slices(100)) == heart.size


def test_an_empty_heart_and_empty_chambers_still_make_a_page(
    tmp_path: Path, a_patient: dict[str, Any]
) -> None:
    nothing = image_of(np.zeros(SHAPE, np.uint8))
    a_patient |= {"heart_mask": nothing, "chambers": nothing, "reference": nothing}
    agreement = compare(nothing, nothing, a_patient["synthetic_cect"], a_patient["cect"], nothing).as_dict()
    none = {"ml": None, "reason": "no heart was found"}
    page = report(
        tmp_path, metrics={"volumes_ml": {"la": none, "lv": none}, "agreement": agreement}, **a_patient
    )
    assert page.text.count("no heart was found") == 2
    assert "no value: the heart mask is empty" in page.text


def test_a_thin_stack_is_drawn_with_true_proportions() -> None:
    picture = Picture(np.zeros((5, 100), np.uint8), (3.0, 0.5), 400)
    assert picture.size == (400, 120)


def test_images_of_different_grids_are_refused(
    tmp_path: Path, a_patient: dict[str, Any], metrics: dict[str, Any]
) -> None:
    a_patient["cect"] = a_patient["cect"][:, :, 1:]
    with pytest.raises(ValueError, match="cect has size"):
        report(tmp_path, metrics=metrics, **a_patient)
    assert not (tmp_path / "report.html").exists()


def test_a_window_runs_from_black_to_white() -> None:
    grey = Window(400, 40).grey(np.array([[-500, -160, 40, 240, 3000, np.nan]]))
    assert grey.tolist() == [[0, 0, 127, 255, 255, 0]]


def test_differences_are_blue_below_white_at_and_red_above_zero() -> None:
    (low, middle, high), *_ = diverging(np.array([[-999, 0, 999]]), 300)
    assert low[2] > low[0] and high[0] > high[2]
    assert (middle == 247).all()


def test_a_chart_marks_the_threshold_and_leaves_gaps_where_there_is_no_value() -> None:
    lines = [Line("LA <1>", "red", [(t, la) for t, la, _ in CURVE])]
    svg = Chart("A & B", "x", "y", lines, marked_x=300, marked_text="used: 300 HU").svg()
    assert "used: 300 HU" in svg and "A &amp; B" in svg
    path = re.search(r'class="curve" d="([^"]+)"', svg)
    assert path is not None and path[1].count("M") == 2 and path[1].count("L") == 1


def test_a_chart_without_any_value_is_left_out() -> None:
    assert Chart("t", "x", "y", [Line("a", "red", [(1.0, None), (2.0, float("nan"))])]).svg() == ""


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-7, 7, [-5, 0, 5])],
)
def test_ticks_are_round_numbers_inside_the_range(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high, 5) == pytest.approx(expected)


def test_a_slice_is_named_by_its_place_which_is_that_of_its_figures(a_patient: dict[str, Any]) -> None:
    """Counted from the head, as this scan is stored, and from the feet, as it is drawn, a slice has two numbers."""
    turned = {name: sitk.DICOMOrient(image, "LPI") for name, image in a_patient.items()}
    images = ReportImages(**turned)
    agreement = compare(turned["chambers"], turned["reference"], heart_mask=turned["heart_mask"])
    drawn = {images.place(k) for k in images.reference_slices(100)}
    assert drawn == {f"z {part.z_mm:.1f} mm" for part in agreement.slices}
    shots = [*images.row_of_four(7), *images.overlap_row(7), images.difference(7)]
    assert all("z 128.0 mm" in shot.alt and "slice 7" not in shot.alt for shot in shots)
