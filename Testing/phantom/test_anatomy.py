import numpy as np
import pytest

from SyntheticCECTLib.phantom.anatomy import Anatomy
from SyntheticCECTLib.phantom.canvas import Grid, Pose
from SyntheticCECTLib.phantom.tissues import BLOOD, LEFT_ATRIUM, LEFT_VENTRICLE, Tissue, cect_hu, native_hu

COARSE = Grid((-126.0, -126.0, -92.0), (4.0, 4.0, 4.0), (64, 64, 46))
VOXEL_ML = 0.064


@pytest.fixture(scope="module")
def drawn() -> list[tuple[np.ndarray, np.ndarray]]:
    """Tissues and heart masks of eight patients."""
    canvases = [Anatomy.draw(seed).paint(COARSE) for seed in range(8)]
    return [(canvas.labels(), mask) for canvas, mask in canvases]


def test_chamber_volumes_lie_within_published_ranges(drawn: list[tuple[np.ndarray, np.ndarray]]) -> None:
    la = [np.isin(tissues, LEFT_ATRIUM).sum() * VOXEL_ML for tissues, _ in drawn]
    lv = [np.isin(tissues, LEFT_VENTRICLE).sum() * VOXEL_ML for tissues, _ in drawn]
    heart = [mask.sum() * VOXEL_ML for _, mask in drawn]
    assert (
        all(20 < v < 220 for v in la) and all(35 < v < 280 for v in lv) and all(250 < v < 1300 for v in heart)
    )
    assert np.std(lv) > 10 and np.std(la) > 5, "no two patients are alike"


def test_every_patient_has_every_organ(drawn: list[tuple[np.ndarray, np.ndarray]]) -> None:
    names = (
        "SKIN FAT MUSCLE BONE LUNG LIVER MYOCARDIUM LV LA RV RA AORTA PULMONARY_ARTERY VENA_CAVA OESOPHAGUS"
    )
    for tissues, _ in drawn:
        assert {Tissue[name] for name in names.split()} <= set(np.unique(tissues))


def test_left_chambers_lie_inside_the_heart_mask(drawn: list[tuple[np.ndarray, np.ndarray]]) -> None:
    for tissues, mask in drawn:
        chambers = np.isin(tissues, LEFT_ATRIUM + LEFT_VENTRICLE)
        assert (chambers & mask).sum() > 0.97 * chambers.sum()


def test_left_atrium_lies_behind_and_above_the_left_ventricle(
    drawn: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    ways = np.array([
        np.subtract(*(np.argwhere(np.isin(tissues, group)).mean(0) for group in (LEFT_ATRIUM, LEFT_VENTRICLE)))
        for tissues, _ in drawn
    ])  # fmt: skip
    assert (ways[:, 1] > 0).all() and (ways[:, 2] < 0).all()
    assert (ways[:, 0] > -3).all() and (ways[:, 0] > 0).mean() > 0.8, "a heart that lies flat has both level"


def test_anatomy_does_not_depend_on_the_grid_that_looks_at_it() -> None:
    anatomy = Anatomy.draw(3)
    whole = anatomy.paint(COARSE)[0].labels()
    part = Grid((-126.0 + 40, -126.0 + 40, -92.0 + 40), (4.0, 4.0, 4.0), (30, 30, 20))
    again = anatomy.paint(part)[0].labels()
    assert (again == whole[10:30, 10:40, 10:40]).mean() > 0.97


def test_pose_moves_the_patient_through_the_scanner() -> None:
    anatomy = Anatomy.draw(4)
    still = anatomy.paint(COARSE)[1]
    moved = anatomy.paint(COARSE, Pose(shift=np.array([8.0, 0.0, -4.0])))[1]
    # A scanner point sees the patient point 8 mm to the left, so the heart appears two voxels to the right.
    assert (moved[1:, :, :-2] == still[:-1, :, 2:]).mean() > 0.999


def test_without_agent_all_blood_is_alike_and_with_it_the_left_heart_leads() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        native = native_hu(rng, 1.0)
        assert len({float(native[t]) for t in BLOOD}) == 1
        enhanced = cect_hu(rng, native, 100) - native
        assert (
            enhanced[Tissue.LV] > 1.2 * enhanced[Tissue.RV]
            and enhanced[Tissue.LA] > 3 * enhanced[Tissue.MYOCARDIUM]
        )
        assert 150 < enhanced[Tissue.LV] < 800
