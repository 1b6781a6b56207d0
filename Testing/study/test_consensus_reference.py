"""The consensus of the readers stands beside the truth: closer to it than any reader, and measured where it was read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.metrics import overlap
from SyntheticCECTLib.study.consensus_reference import consensus_figures
from SyntheticCECTLib.study.design.case_source import CaseImages, StudyCase
from SyntheticCECTLib.study.design.creation import create_study
from SyntheticCECTLib.study.design.plan import PER_PATIENT, SliceChoice
from SyntheticCECTLib.study.design.study_key import StudyKey
from SyntheticCECTLib.study.read_records import unblind
from SyntheticCECTLib.study.report.study_report import write_report
from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.statistics.analysis import StudyAnalysis, analyse
from SyntheticCECTLib.study.statistics.by_reader import ALL_READERS
from SyntheticCECTLib.study.study_folder import StudyFolder
from Testing.study.small_study import image_of, plan

READERS = ("Anna", "Ben", "Cleo")
SHAPE = (6, 40, 40)


def truth_labels() -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:5, 6:18, 8:30], labels[1:5, 20:36, 8:30] = 1, 2
    return labels


def case(number: int) -> StudyCase:
    def load() -> CaseImages:
        ct, smaller = image_of(np.full(SHAPE, 40, np.int16)), truth_labels()
        smaller[:, 6:9] = 0
        return CaseImages(ct, None, image_of(truth_labels()), image_of(smaller), "smaller")

    return StudyCase(f"case-{number}", load)


def drawing(seed: int, slices: tuple[int, ...]) -> sitk.Image:
    """The truth, each voxel of it missed or invented by chance; nonsense on slices that nobody was asked for."""
    drawn, random = truth_labels(), np.random.default_rng(seed)
    flipped = random.random(SHAPE) < 0.15
    drawn[flipped] = np.where(drawn[flipped] > 0, 0, 1)
    if slices:
        drawn[[k for k in range(SHAPE[0]) if k not in slices]] = 2
    return image_of(drawn)


def read_study(folder: Path, readers: tuple[str, ...], slices: SliceChoice) -> tuple[StudyFolder, StudyKey]:
    key = create_study(folder, plan(readers=readers, repeats=1, slices=slices), [case(n) for n in range(4)])
    for number, reader in enumerate(readers):
        session = ReadingSession(folder, key.tokens[reader])
        while (task := session.current) is not None:
            session.submit(drawing(100 * number + task.number, task.slices), seconds=1.0)
            session.next_unread()
        session.close()
    return StudyFolder(folder), key


def analysis_of(study: StudyFolder, key: StudyKey) -> StudyAnalysis:
    found = unblind(study)
    return analyse(found.records, found.truths, consensus=consensus_figures(study, key))


@pytest.fixture(scope="module")
def a_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyFolder, StudyKey]:
    return read_study(tmp_path_factory.mktemp("c") / "study", READERS, SliceChoice(PER_PATIENT, 3))


@pytest.fixture(scope="module")
def analysis(a_study: tuple[StudyFolder, StudyKey]) -> StudyAnalysis:
    return analysis_of(*a_study)


def mean(analysis: StudyAnalysis, section: str, measure: str, who: str) -> float:
    found = analysis.find(section, "mean", measure, who, "unaided").value
    assert found is not None
    return found


def test_the_truth_agrees_with_the_consensus_more_than_any_reader_with_the_truth(
    analysis: StudyAnalysis,
) -> None:
    with_truth = mean(analysis, "consensus", "dice", "truth")
    assert all(mean(analysis, "accuracy", "dice", reader) < with_truth - 0.02 for reader in READERS)


def test_readers_sensitivity_and_specificity_are_found_on_the_read_slices(analysis: StudyAnalysis) -> None:
    for reader in READERS:
        assert mean(analysis, "consensus", "sensitivity_lv", reader) == pytest.approx(0.85, abs=0.05)
        assert mean(analysis, "consensus", "specificity_lv", reader) > 0.97


def test_network_is_held_against_the_consensus(analysis: StudyAnalysis) -> None:
    smaller = truth_labels()
    smaller[:, 6:9] = 0
    lost = 1 - overlap.dice(smaller, truth_labels())
    with_consensus = [mean(analysis, "consensus", "dice", who) for who in ("truth", "network")]
    assert with_consensus[0] - with_consensus[1] == pytest.approx(lost, abs=0.02)
    assert analysis.find("consensus", "mean", "sensitivity_la", "network", "unaided").value is None


def test_two_readers_get_the_reason_in_the_report(tmp_path: Path) -> None:
    study, key = read_study(tmp_path / "study", READERS[:2], SliceChoice())
    found = analysis_of(study, key).find("consensus", "mean", "dice", ALL_READERS, "unaided")
    assert found.value is None and "n = 2, needs 3" in found.reason
    unblinded = unblind(study)
    write_report(tmp_path / "report", {}, unblinded.records, unblinded.truths,
                 consensus=consensus_figures(study, key))  # fmt: skip
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "Against the consensus of the readers" in page and "not enough readers (n = 2, needs 3)" in page


def test_a_study_without_reads_has_no_consensus(tmp_path: Path) -> None:
    key = create_study(tmp_path / "study", plan(readers=READERS), [case(1)])
    assert consensus_figures(StudyFolder(tmp_path / "study"), key) == []
