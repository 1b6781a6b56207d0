import pytest

from SyntheticCECTLib.phantom.xray import iodine_hu_per_mg_ml


@pytest.mark.parametrize(("kilovolt", "lowest", "highest"), [(80, 38, 44), (100, 29, 34), (120, 24, 28)])
def test_iodine_attenuates_as_measured_on_clinical_scanners(
    kilovolt: float, lowest: float, highest: float
) -> None:
    assert lowest < iodine_hu_per_mg_ml(kilovolt) < highest


def test_voltage_outside_the_table_is_named() -> None:
    with pytest.raises(ValueError, match="140 kV"):
        iodine_hu_per_mg_ml(140)
