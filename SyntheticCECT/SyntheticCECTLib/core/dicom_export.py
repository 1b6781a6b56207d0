"""A result folder as DICOM, for a PACS: synthetic CECT and chambers, marked so that they never pass for acquired images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import SimpleITK as sitk

from .case import OnProgress, part_of
from .case_folder import read_case, read_threshold_hu
from .folder_chambers import chambers_of
from .formats.dicom_ct_series import write_ct_series
from .formats.dicom_labels import load_highdicom
from .formats.dicom_mark import Maker
from .formats.dicom_segmentation import write_dicom_segmentation
from .formats.dicom_source import find_source
from .orientation import to_axial

SERIES_FOLDER = "synthetic_cect"
SEGMENTATION = "synthetic_cect_chambers.dcm"


@dataclass(frozen=True)
class DicomExport:
    """What was written.

    Attributes:
        slices: Files of the synthetic CECT.
        segmentation: Whether there was a chamber to write.
        study_uid: Study Instance UID of both.
        same_study: Whether that is the study of the acquired series.
    """

    slices: int
    segmentation: bool
    study_uid: str
    same_study: bool


def export_dicom(
    result: Path, folder: Path, source: Path | None = None, on_progress: OnProgress | None = None
) -> DicomExport:
    """Writes a CT series and a segmentation.

    Args:
        result: A result folder.
        folder: An existing folder, best one of `output_folder`, so that all files appear at once.
        source: Folder with the DICOM series that the result was made from; the export then belongs to that patient and
            study. ``None`` writes a research patient.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: The result cannot be read, the source is another scan, or highdicom is absent.
    """
    report = part_of(on_progress, 0.0, 1.0)
    load_highdicom()
    report(0.0, "reading the result")
    case, threshold_hu = read_case(result), read_threshold_hu(result)
    synthesis = case.synthesis
    labels, edited = chambers_of(result, synthesis, threshold_hu)
    synthetic_cect = synthesis.synthetic_cect
    acquired = None
    if source is None:
        synthetic_cect, labels = to_axial(synthetic_cect), to_axial(labels)
    else:
        report(0.2, "looking for the source series")
        acquired = find_source(source, synthesis.native_ct)
        synthetic_cect, labels = (
            sitk.Resample(image, acquired.image, sitk.Transform(), sitk.sitkNearestNeighbor)
            for image in (synthetic_cect, labels)
        )
    maker = Maker(synthesis.model_id, synthesis.model_sha256, synthesis.model_settings_sha256, datetime.now())
    (folder / SERIES_FOLDER).mkdir()
    images = write_ct_series(
        folder / SERIES_FOLDER, synthetic_cect, maker, acquired, case.input_sha256,
        lambda done, total: report(0.5 + 0.3 * done / total, "writing the synthetic CECT"),
    )  # fmt: skip
    report(0.8, "writing the chambers")
    segmentation = write_dicom_segmentation(
        folder / SEGMENTATION, labels, images, maker, acquired, threshold_hu, edited
    )
    report(1.0, "exported")
    return DicomExport(len(images), segmentation, str(images[0].StudyInstanceUID), acquired is not None)
