"""The demo study is read through the same door as a real one, with errors that are known to the voxel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.study.demo_study import known_truth, make_demo_study
from SyntheticCECTLib.study.design.case_source import CaseImages
from SyntheticCECTLib.study.read_records import UnblindedStudy, unblind
from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.simulated_readers import KnownErrors, draw_readers
from SyntheticCECTLib.study.strip_source import study_strips
from SyntheticCECTLib.study.study_folder import StudyFolder

SPACING_MM = (2.0, 2.0, 6.0)
VOXEL_ML = 2 * 2 * 6 / 1000
READERS = draw_readers(2, KnownErrors(), seed=3)


def patient(number: int) -> CaseImages:
    """Two balls as chambers; the network takes them a size smaller."""
    k, j, i = np.mgrid[:12, :48, :48] * np.array(SPACING_MM[::-1])[:, None, None, None]
    size = 22.0 + number

    def balls(radius: float) -> sitk.Image:
        la = (k - 36) ** 2 + (j - 30) ** 2 + (i - 46) ** 2 < (0.8 * radius) ** 2
        lv = (k - 36) ** 2 + (j - 66) ** 2 + (i - 46) ** 2 < radius**2
        return placed((la + 2 * (lv & ~la)).astype(np.uint8))

    ct = np.where(j < 4, -1000, 40).astype(np.int16)
    return CaseImages(placed(ct), placed(ct), balls(size), balls(size - 2), "balls, SHA-256 0")


def placed(array: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING_MM)
    # Slices from head to feet, as many scanners store them.
    image.SetDirection((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    return image


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    folder = tmp_path_factory.mktemp("demo") / "study"
    patients: list[tuple[str, Callable[[], CaseImages]]] = [
        (f"patient-{number}", partial(patient, number)) for number in range(4)
    ]
    make_demo_study(folder, patients, READERS, 2, 5, conditions=tuple(Condition))
    return StudyFolder(folder)


@pytest.fixture(scope="module")
def found(study: StudyFolder) -> UnblindedStudy:
    return unblind(study)


def test_every_presentation_was_read(study: StudyFolder, found: UnblindedStudy) -> None:
    assert len(found.records) == len(found.key.entries) == 2 * 4 * (4 + 2)
    store = study.open_store()
    assert all(task.versions == 1 for reader in store.readers() for task in store.tasks(reader))


def test_volumes_carry_the_readers_known_errors(found: UnblindedStudy) -> None:
    readers, truths = {reader.name: reader for reader in READERS}, {one.case_id: one for one in found.truths}
    drawn = [record for record in found.records if record.condition != "rate"]
    assert len(drawn) == 2 * 3 * 6
    for record in drawn:
        assert record.la_ml is not None and record.lv_ml is not None
        truth = truths[record.case_id]
        error = record.la_ml + record.lv_ml - truth.la_ml - truth.lv_ml
        known = readers[record.reader].error_ml(record.case_id, record.repeat, record.condition)
        assert error == pytest.approx(known, abs=1.01 * VOXEL_ML)
        assert record.dv_percent == pytest.approx(100 * abs(error) / (truth.la_ml + truth.lv_ml))


def test_network_is_measured_beside_the_truth(found: UnblindedStudy) -> None:
    for truth in found.truths:
        assert truth.network is not None and truth.network.dice is not None
        assert truth.network.la_ml is not None and truth.network.la_ml < truth.la_ml
        share = (truth.network.la_ml + (truth.network.lv_ml or 0)) / (truth.la_ml + truth.lv_ml)
        assert truth.network.dv_percent == pytest.approx(100 * (1 - share)) and 0.5 < truth.network.dice < 1
    ratings = [record.rating for record in found.records if record.condition == "rate"]
    assert len(ratings) == 2 * 6 and all(rating in range(1, 6) for rating in ratings)


def test_provenance_says_simulated_and_knows_the_truth(found: UnblindedStudy) -> None:
    provenance = found.key.provenance
    assert provenance["simulated"] is True and provenance["network"] == ["balls, SHA-256 0"]
    known = known_truth(provenance, found.truths)
    assert known is not None and known["intra.sd"] == KnownErrors().within_sd_ml
    assert known_truth({}, found.truths) is None


def test_strips_show_what_was_drawn_upright_on_the_ct(study: StudyFolder, found: UnblindedStudy) -> None:
    strips = study_strips(study, found.key, most=3)
    assert len({strip.case_id for strip in strips}) == 3
    for strip in strips:
        assert set(strip.drawn) == {"reader-1", "reader-2"}
        assert strip.truth is not None and strip.network is not None and strip.spacing_ji == (2.0, 2.0)
        assert strip.ct_hu[0, 0] == -1000, "air in front is the upper row"
        for labels in strip.drawn.values():
            both = (labels > 0) & (strip.truth > 0)
            assert 2 * both.sum() / ((labels > 0).sum() + (strip.truth > 0).sum()) > 0.7
