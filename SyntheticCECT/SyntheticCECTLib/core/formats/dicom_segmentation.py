"""Left atrium and left ventricle as a DICOM Segmentation object.

Format: DICOM PS3.3, A.51 Segmentation IOD; codes of CID 7162 (PS3.16).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from ..version import VERSION
from .dicom_ct_series import SERIES_NUMBER
from .dicom_labels import load_highdicom
from .dicom_mark import PRODUCT, Maker, mark_synthetic
from .dicom_source import DicomSource
from .segment_header import CHAMBERS


def write_dicom_segmentation(
    path: Path,
    labels: sitk.Image,
    images: list[Dataset],
    maker: Maker,
    source: DicomSource | None,
    threshold_hu: float,
    edited: bool,
) -> bool:
    """Writes the chambers as segments of the synthetic CECT.

    Args:
        path: The file.
        labels: LA = 1, LV = 2, on the grid of the images.
        images: Headers of the synthetic CECT, in the order of the labels' slices.
        maker: Model and time.
        source: The acquired series that all goes back to, or ``None``.
        threshold_hu: That the chambers were found with.
        edited: Whether a person has changed them since.

    Returns:
        Whether there was anything to write: a chamber without a voxel gets no segment.

    Raises:
        InputRefused: ``no_highdicom``.
    """
    highdicom = load_highdicom()
    array = sitk.GetArrayViewFromImage(labels)
    present = [chamber for chamber in CHAMBERS if (array == chamber.label).any()]
    if not present:
        return False
    concept = highdicom.sr.CodedConcept
    algorithm = highdicom.AlgorithmIdentificationSequence(
        name="Threshold in the heart of a synthetic CECT", version=VERSION, source=PRODUCT,
        family=concept("123110", "DCM", "Artificial Intelligence"),
        parameters={"threshold_hu": f"{threshold_hu:g}", "model": maker.model_id, "model_sha256": maker.model_sha256},
    )  # fmt: skip
    kind = highdicom.seg.SegmentAlgorithmTypeValues
    descriptions = [
        highdicom.seg.SegmentDescription(
            segment_number=number, segment_label=chamber.name,
            segmented_property_category=concept("123037004", "SCT", "Anatomical Structure"),
            segmented_property_type=concept(chamber.code, "SCT", chamber.meaning),
            algorithm_type=kind.SEMIAUTOMATIC if edited else kind.AUTOMATIC, algorithm_identification=algorithm,
            tracking_uid=generate_uid(prefix=None), tracking_id=f"{PRODUCT} {chamber.name}",
        )
        for number, chamber in enumerate(present, start=1)
    ]  # fmt: skip
    segments = np.stack([array == chamber.label for chamber in present], axis=-1)
    segmentation = highdicom.seg.Segmentation(
        source_images=images, pixel_array=segments,
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY, segment_descriptions=descriptions,
        series_instance_uid=generate_uid(prefix=None), series_number=SERIES_NUMBER + 1,
        sop_instance_uid=generate_uid(prefix=None), instance_number=1, manufacturer=PRODUCT,
        manufacturer_model_name=PRODUCT, software_versions=VERSION, device_serial_number=maker.model_sha256,
        content_label="LEFT_HEART", content_creator_name=f"{PRODUCT}^",
        content_description=f"LA and LV of a SYNTHETIC CECT at {threshold_hu:g} HU, research use",
        series_description="SYNTHETIC CECT: LA and LV, research use",
    )  # fmt: skip
    mark_synthetic(segmentation, maker, source)
    segmentation.save_as(path)
    return True
