"""What every DICOM object of ours says of itself: synthetic, for research, made by whom and with which weights.

Format: DICOM PS3.3, C.12.1 SOP Common Module; codes of CID 7005 (PS3.16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset

from ..version import VERSION
from .dicom_source import DicomSource

PRODUCT = "SyntheticCECT"


@dataclass(frozen=True)
class Maker:
    """The model that made an image, and when it is exported.

    Attributes:
        model_id: Of the model package.
        model_sha256: Of its weights.
        settings_sha256: Of what its card says about running it; empty where a result of an older version does not tell.
        now: Date and time of the export.
    """

    model_id: str
    model_sha256: str
    settings_sha256: str
    now: datetime

    @property
    def date(self) -> str:
        return self.now.strftime("%Y%m%d")

    @property
    def time(self) -> str:
        return self.now.strftime("%H%M%S")

    @property
    def named(self) -> str:
        """Software, version, model, weights and settings in one line."""
        settings = f", settings SHA-256 {self.settings_sha256}" if self.settings_sha256 else ""
        return f"{PRODUCT} {VERSION}, model {self.model_id}, weights SHA-256 {self.model_sha256}{settings}"


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    """A code as an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def mark_synthetic(dataset: Dataset, maker: Maker, source: DicomSource | None) -> None:
    """Says that the object was computed and not acquired; so does whatever is derived from a synthetic image.

    Args:
        dataset: Any composite object; all of them have the SOP Common Module.
        maker: Who made it.
        source: The acquired series that it goes back to, or ``None`` where that is not known as DICOM.
    """
    dataset.SyntheticData = "YES"
    dataset.ContentQualification = "RESEARCH"
    equipment = Dataset()
    equipment.PurposeOfReferenceCodeSequence = [code("109100", "Synthesizing Equipment")]
    equipment.Manufacturer, equipment.ManufacturerModelName = PRODUCT, maker.model_id
    equipment.SoftwareVersions = VERSION
    equipment.ContributionDateTime = maker.date + maker.time
    equipment.ContributionDescription = f"Synthetic contrast by {maker.named}"
    contributing = [equipment]
    if source is not None:
        scanner = source.scanner()
        scanner.PurposeOfReferenceCodeSequence = [code("109101", "Acquisition Equipment")]
        scanner.setdefault("Manufacturer", "unknown")
        contributing.append(scanner)
    dataset.ContributingEquipmentSequence = contributing
