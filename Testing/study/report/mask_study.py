"""A small study with masks: ellipses for chambers, readers who draw them with known errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from SyntheticCECTLib.core.metrics import overlap
from SyntheticCECTLib.study.records import CaseTruth, Condition, NetworkFigures, ReadRecord
from SyntheticCECTLib.study.report.reader_strips import StripSlice
from SyntheticCECTLib.study.simulated_readers import KnownErrors, SimulatedReader, draw_readers

SPACING = (3.0, 1.5, 1.5)
SHAPE = (4, 80, 88)
VOXEL_ML = float(np.prod(SPACING)) / 1000
UNAIDED, OVERLAY = Condition.UNAIDED.value, Condition.OVERLAY.value


def true_chambers(size: float = 1.0) -> np.ndarray:
    """(4, 80, 88) labels: LA behind LV, both ellipses that taper from slice to slice."""
    j, i = np.indices(SHAPE[1:])
    labels = np.zeros(SHAPE, np.uint8)
    for k in range(SHAPE[0]):
        scale = size * (1 - 0.06 * k)
        la = ((j - 54) / 11) ** 2 + ((i - 42) / 17) ** 2 <= scale**2
        lv = ((j - 30) / 12) ** 2 + ((i - 50) / 18) ** 2 <= scale**2
        labels[k][lv] = 2
        labels[k][la & ~lv] = 1
    return labels


def ct_of(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """A slice's (J, I) HU: fat, muscle, a hint of blood, noise."""
    j, i = np.indices(labels.shape)
    heart = ((j - 42) / 30) ** 2 + ((i - 45) / 32) ** 2 <= 1
    hu = np.where(heart, 45.0, -90.0) + 8.0 * (labels > 0)
    return hu + np.random.default_rng(seed).normal(0, 12, labels.shape)


def ml(labels: np.ndarray, label: int) -> float:
    return float(np.count_nonzero(labels == label)) * VOXEL_ML


def record_of(
    drawn: np.ndarray, truth: np.ndarray, reader: SimulatedReader, case_id: str, repeat: int, condition: str
) -> ReadRecord:
    """The read as the store would measure it."""
    union, true_union = drawn > 0, truth > 0
    return ReadRecord(
        read_id=0,
        study_id="small",
        reader=reader.name,
        case_id=case_id,
        condition=condition,
        session=1,
        repeat=repeat,
        slices=tuple(range(SHAPE[0])),
        la_ml=ml(drawn, 1),
        lv_ml=ml(drawn, 2),
        dice=overlap.dice(union, true_union),
        dice_la=overlap.dice(drawn == 1, truth == 1),
        dice_lv=overlap.dice(drawn == 2, truth == 2),
        dv_percent=overlap.volume_error_percent(float(union.sum()), float(true_union.sum())),
        seconds=reader.seconds(case_id, repeat, condition),
        rating=None,
        confidence=4,
        comment="",
        version=1,
    )


def network_figures(predicted: np.ndarray, truth: np.ndarray) -> NetworkFigures:
    return NetworkFigures(
        dice=overlap.dice(predicted > 0, truth > 0),
        dv_percent=overlap.volume_error_percent(float((predicted > 0).sum()), float((truth > 0).sum())),
        la_ml=ml(predicted, 1),
        lv_ml=ml(predicted, 2),
    )


def mask_study(
    cases: int = 8, readers: int = 3, repeats: int = 5, conditions: tuple[str, ...] = (UNAIDED,)
) -> tuple[list[ReadRecord], list[CaseTruth], list[StripSlice]]:
    """Records, truths and one strip per case for the first two cases."""
    errors = KnownErrors(reader_sd_ml=1.2, interaction_sd_ml=1.0, within_sd_ml=0.6)
    drawing = draw_readers(readers, errors, seed=1)
    network = SimulatedReader("network", -0.8, errors, seed=2, roughness_mm=0.9)
    sizes = np.random.default_rng(5).normal(1.0, 0.12, cases)
    records: list[ReadRecord] = []
    truths: list[CaseTruth] = []
    strips: list[StripSlice] = []
    for number, size in enumerate(sizes):
        case_id, truth = f"case-{number + 1:02d}", true_chambers(float(size))
        predicted = network.chambers(truth, SPACING, case_id)
        truths.append(CaseTruth(case_id, ml(truth, 1), ml(truth, 2), network_figures(predicted, truth)))
        shown = {}
        for reader in drawing:
            for condition in conditions:
                for repeat in range(2 if number < repeats else 1):
                    drawn = reader.chambers(truth, SPACING, case_id, repeat, condition)
                    record = record_of(drawn, truth, reader, case_id, repeat, condition)
                    records.append(replace(record, read_id=len(records) + 1))
                    if repeat == 0 and condition == UNAIDED:
                        shown[reader.name] = drawn[1]
        if number < 2:
            strips.append(
                StripSlice(case_id, 1, ct_of(truth[1], number), SPACING[1:], shown, truth[1], predicted[1])
            )
    return records, truths, strips
