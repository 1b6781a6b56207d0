"""Readers whose errors are known, so that an analysis can be held against the truth.

A simulated reader draws the true volume plus an error of three parts: his bias, his view of this case (the same
whenever he meets it again) and the chance of this read. All are in ml of LA and LV together. Everything follows
from the reader's seed and the names of reader and case, never from the order in which reads are asked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, special

from ..core.bounding_box import bounding_box
from ..core.metrics import overlap
from ..core.metrics.chamber_agreement import LA, LV
from .records import CaseTruth, Condition, ReadRecord

ROOM_MM = 15.0
"""No reader strays farther than this from the true border."""


@dataclass(frozen=True)
class KnownErrors:
    """The population that readers are drawn from, ml.

    The defaults make the readers of `study demo` agree about as the paper's radiologists do: over virtual patients of
    160 ml with an SD of 30 ml their intra-observer correlation is 0.99 and their inter-observer one 0.85.

    Attributes:
        reader_sd_ml: Spread of the readers' biases.
        interaction_sd_ml: Spread of a reader's view of a case.
        within_sd_ml: Spread of repeated reads.
    """

    reader_sd_ml: float = 8.0
    interaction_sd_ml: float = 12.0
    within_sd_ml: float = 3.0

    @property
    def between_sd_ml(self) -> float:
        """Spread of single reads of one case by different readers."""
        return float(np.sqrt(self.reader_sd_ml**2 + self.interaction_sd_ml**2 + self.within_sd_ml**2))

    def known_truth(self, case_sd_ml: float | None = None, mean_ml: float | None = None) -> dict[str, float]:
        """What the statistics of the same name estimate.

        Args:
            case_sd_ml: SD of the true volumes in the population of cases, for the correlations.
            mean_ml: Their mean, for the coefficients of variation.
        """
        twice = 1.96 * np.sqrt(2.0)
        truth = {
            "intra.sd": self.within_sd_ml,
            "intra.repeatability": twice * self.within_sd_ml,
            "inter.sd": self.between_sd_ml,
            "inter.reproducibility": twice * self.between_sd_ml,
            "inter.reader_sd": self.reader_sd_ml,
            "inter.interaction_sd": self.interaction_sd_ml,
        }
        if mean_ml is not None:
            truth["intra.cv_percent"] = 100 * self.within_sd_ml / mean_ml
            truth["inter.cv_percent"] = 100 * self.between_sd_ml / mean_ml
        if case_sd_ml is not None:
            reader, case = self.interaction_sd_ml**2, case_sd_ml**2
            single = case + reader + self.within_sd_ml**2
            truth["intra.rho"] = (case + reader) / single
            truth["inter.rho"] = case / single
            truth["inter.icc_2_1"] = case / (single + self.reader_sd_ml**2)
        return {name: float(value) for name, value in truth.items()}


@dataclass(frozen=True)
class SimulatedReader:
    """One reader.

    Attributes:
        name: As in the study.
        bias_ml: Added to every read.
        errors: Spread of his view of a case and of his repeats.
        seed: Of all his randomness.
        overlay_factor: His errors shrink to this share with the synthetic overlay, and when he corrects.
        roughness_mm: SD of the displacement of the border that changes its shape; this and the next give him a Dice of
            about 0.85 +- 0.05, as the paper's radiologists have.
        unevenness: SD of the logarithm of that roughness over his cases: some lie worse to his hand.
        smoothness_mm: Over which length that displacement varies.
        typical_seconds: Geometric mean of his reading time of a case.
    """

    name: str
    bias_ml: float
    errors: KnownErrors
    seed: int = 0
    overlay_factor: float = 0.6
    roughness_mm: float = 4.0
    unevenness: float = 0.25
    smoothness_mm: float = 12.0
    typical_seconds: float = 180.0

    def error_ml(self, case_id: str, repeat: int = 0, condition: str = Condition.UNAIDED.value) -> float:
        """Drawn minus true volume of LA and LV together, ml."""
        view = self.errors.interaction_sd_ml * self._normal("view", case_id)
        chance = self.errors.within_sd_ml * self._normal("read", case_id, condition, str(repeat))
        return float(self._factor(condition) * (self.bias_ml + view + chance))

    def seconds(self, case_id: str, repeat: int = 0, condition: str = Condition.UNAIDED.value) -> float:
        """Reading time, log-normal with a spread of 30 %."""
        case = 0.2 * self._normal("pace", case_id)
        read = 0.22 * self._normal("pace", case_id, condition, str(repeat))
        return float(self.typical_seconds * self._factor(condition) * np.exp(case + read))

    def rating(self, dice: float, case_id: str, repeat: int = 0) -> int:
        """1 (useless) to 5 (perfect) for a proposed segmentation of that Dice."""
        chance = 0.5 * self._normal("rating", case_id, str(repeat))
        return int(np.clip(round(5 - (0.95 - dice) * 20 + chance), 1, 5))

    def chambers(
        self,
        truth_kji: np.ndarray,
        spacing_kji: tuple[float, float, float],
        case_id: str,
        repeat: int = 0,
        condition: str = Condition.UNAIDED.value,
    ) -> np.ndarray:
        """What he draws on the slices he is shown.

        Each slice's true border is displaced by a smooth random field of SD ``roughness_mm``, more or less of it by case,
        half of its variance his view of the case and half chance; then the whole border moves in or out until the
        drawn volume is the true one plus `error_ml`, to the voxel. LA and LV share the error in proportion to their
        volumes.

        Args:
            truth_kji: (slices, J, I) labels of the slices read, LA = 1, LV = 2.
            spacing_kji: Voxel size in mm; a voxel counts with its full slice thickness.
            case_id: The case.
            repeat: 0 for the first presentation.
            condition: One of `Condition`'s values.

        Returns:
            uint8 labels of the same shape.
        """
        drawn = np.zeros(truth_kji.shape, np.uint8)
        total = int(np.count_nonzero((truth_kji == LA) | (truth_kji == LV)))
        room = [int(np.ceil(ROOM_MM / s)) for s in spacing_kji[1:]]
        box = bounding_box((truth_kji == LA) | (truth_kji == LV), margin=(0, *room))
        if box is None:
            return drawn
        truth = truth_kji[box]
        hand = np.exp(self.unevenness * self._normal("hand", case_id))
        rough_mm = self._factor(condition) * hand * self.roughness_mm
        depth = {}
        for label in (LA, LV):
            here = ("border", case_id, str(label))
            field = (
                self._field(truth.shape, spacing_kji, *here)
                + self._field(truth.shape, spacing_kji, *here, condition, str(repeat))
            ) * (rough_mm / np.sqrt(2.0))
            depth[label] = _depth_mm(truth == label, spacing_kji) + field
        voxel_ml = float(np.prod(spacing_kji)) / 1000
        wanted = max(0, round(total + self.error_ml(case_id, repeat, condition) / voxel_ml))
        part = np.zeros(truth.shape, np.uint8)
        la = round(wanted * np.count_nonzero(truth == LA) / total)
        _mark_deepest(part, np.where(depth[LA] >= depth[LV], depth[LA], -np.inf), la, LA)
        # An LA that the LV leaves no room for stays smaller, and the LV makes up for it.
        lv = wanted - np.count_nonzero(part)
        _mark_deepest(part, np.where(depth[LV] > depth[LA], depth[LV], -np.inf), lv, LV)
        drawn[box] = part
        return drawn

    def _factor(self, condition: str) -> float:
        return self.overlay_factor if condition in (Condition.OVERLAY, Condition.CORRECT) else 1.0

    def _digest(self, *what: str) -> bytes:
        return hashlib.sha256("\0".join((str(self.seed), self.name, *what)).encode()).digest()

    def _normal(self, *what: str) -> float:
        """The standard normal number that belongs to these words."""
        uniform = (int.from_bytes(self._digest(*what)[:6], "little") + 0.5) / 2**48
        return float(special.ndtri(uniform))

    def _field(
        self, shape: tuple[int, ...], spacing_kji: tuple[float, float, float], *what: str
    ) -> np.ndarray:
        """Smooth random field of SD 1 on each slice."""
        words = np.frombuffer(self._digest(*what), np.uint32)
        noise = np.random.default_rng([int(word) for word in words]).normal(size=shape)
        for axis in (1, 2):
            sigma = self.smoothness_mm / spacing_kji[axis]
            kernel = ndimage.gaussian_filter1d(
                np.eye(1, 2 * int(4 * sigma) + 3, int(4 * sigma) + 1)[0], sigma
            )
            noise = ndimage.convolve1d(noise, kernel / np.sqrt((kernel**2).sum()), axis=axis, mode="wrap")
        return noise


def draw_readers(count: int, errors: KnownErrors, seed: int = 0) -> list[SimulatedReader]:
    """Readers whose biases are drawn from the population, named reader-1, reader-2 ..."""
    biases = np.random.default_rng([seed, 1]).normal(0, errors.reader_sd_ml, count)
    return [
        SimulatedReader(f"reader-{number}", float(bias), errors, seed)
        for number, bias in enumerate(biases, start=1)
    ]


def simulated_records(
    truths: list[CaseTruth],
    readers: list[SimulatedReader],
    repeats: int = 5,
    condition: str = Condition.UNAIDED.value,
    study_id: str = "simulated",
    first_id: int = 1,
) -> list[ReadRecord]:
    """Reads of volumes without drawing anything: every reader reads every case, the first ``repeats`` of them twice.

    Dice needs masks and is ``None``.
    """
    records = []
    for reader in readers:
        for number, truth in enumerate(truths):
            for repeat in range(2 if number < repeats else 1):
                records.append(_record(truth, reader, repeat, condition, study_id, first_id + len(records)))
    return records


def normal_cases(count: int, mean_ml: float, case_sd_ml: float, seed: int = 0) -> list[CaseTruth]:
    """Cases with normally distributed true volumes, 40 % of it LA."""
    volumes = np.random.default_rng([seed, 2]).normal(mean_ml, case_sd_ml, count)
    return [
        CaseTruth(f"case-{number:03d}", la_ml=0.4 * float(v), lv_ml=0.6 * float(v))
        for number, v in enumerate(volumes, start=1)
    ]


def _record(
    truth: CaseTruth, reader: SimulatedReader, repeat: int, condition: str, study_id: str, read_id: int
) -> ReadRecord:
    true_ml = truth.la_ml + truth.lv_ml
    drawn = true_ml + reader.error_ml(truth.case_id, repeat, condition)
    return ReadRecord(
        read_id=read_id, study_id=study_id, reader=reader.name, case_id=truth.case_id, condition=condition,
        session=1 + repeat, repeat=repeat, slices=(), la_ml=drawn * truth.la_ml / true_ml,
        lv_ml=drawn * truth.lv_ml / true_ml, dice=None, dice_la=None, dice_lv=None,
        dv_percent=overlap.volume_error_percent(max(drawn, 0.0), true_ml),
        seconds=reader.seconds(truth.case_id, repeat, condition), rating=None, confidence=None, comment="",
        version=1,
    )  # fmt: skip


def _depth_mm(mask: np.ndarray, spacing_kji: tuple[float, float, float]) -> np.ndarray:
    """Distance to the border within each slice, mm, positive inside; -inf on slices without the mask."""
    depth = np.full(mask.shape, -np.inf)
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        inside = np.asarray(ndimage.distance_transform_edt(mask[k], spacing_kji[1:]))
        outside = np.asarray(ndimage.distance_transform_edt(~mask[k], spacing_kji[1:]))
        depth[k] = inside - outside
    return depth


def _mark_deepest(labels: np.ndarray, depth: np.ndarray, count: int, label: int) -> None:
    """Gives ``label`` to the ``count`` voxels of greatest finite depth."""
    count = min(count, int(np.count_nonzero(np.isfinite(depth))))
    if count:
        labels.ravel()[np.argpartition(depth.ravel(), -count)[-count:]] = label
