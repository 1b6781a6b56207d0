"""The DICOM series that a result was made from: recognised by its voxels, and what a derived object takes over from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset

from ..errors import InputRefused
from .dicom_folder import find_series
from .dicom_series import DicomSeries
from .dicom_slice import DicomSlice, quiet_pydicom
from .dicom_stack import stack
from .grid import place
from .hounsfield import to_hu

SAME_HU = 0.5
"""Headers and files round; anything beyond is another scan."""
_OUTSIDE_HU = -32768.0
# DICOM PS3.3: Patient (C.7.1.1), Clinical Trial Subject (C.7.1.3), General Study (C.7.2.1), Patient Study (C.7.2.2),
# Clinical Trial Study (C.7.2.3), Frame of Reference (C.7.4.1), and the two of General Series that place the patient.
_TAKEN_OVER = (
    "SpecificCharacterSet",
    "PatientName", "PatientID", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "TypeOfPatientID",
    "OtherPatientIDsSequence", "OtherPatientNames", "PatientBirthDate", "PatientBirthTime", "PatientSex",
    "EthnicGroup", "PatientComments", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence", "ClinicalTrialSponsorName", "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName", "ClinicalTrialSiteID", "ClinicalTrialSiteName", "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID", "ClinicalTrialTimePointID", "ClinicalTrialTimePointDescription",
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "StudyDescription",
    "IssuerOfAccessionNumberSequence", "ReferringPhysicianName", "PhysiciansOfRecord", "ProcedureCodeSequence",
    "PatientAge", "PatientSize", "PatientWeight", "MedicalAlerts", "Allergies", "PregnancyStatus",
    "AdditionalPatientHistory", "AdmissionID", "FrameOfReferenceUID", "PositionReferenceIndicator",
    "PatientPosition", "BodyPartExamined",
)  # fmt: skip
# Once an image was compressed with loss, all that comes of it says so (PS3.3 C.7.6.1.1.5).
_LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
_SCANNER = (
    "Manufacturer", "ManufacturerModelName", "InstitutionName", "StationName", "DeviceSerialNumber",
    "SoftwareVersions",
)  # fmt: skip


@dataclass(frozen=True)
class DicomSource:
    """A CT series that something was derived from.

    Attributes:
        header: Of its first slice, without pixels.
        slices: In the order of the image's slices.
        image: The scan, HU, with the slices along its third axis.
    """

    header: Dataset
    slices: tuple[DicomSlice, ...]
    image: sitk.Image

    def patient_and_study(self) -> Dataset:
        """Everything that an object in the same study, of the same patient and in the same space has in common."""
        lossy = _LOSSY if self.header.get("LossyImageCompression", "") == "01" else ()
        return _part(self.header, _TAKEN_OVER + lossy)

    def scanner(self) -> Dataset:
        """The equipment that acquired it."""
        return _part(self.header, _SCANNER)

    def reference(self, k: int) -> Dataset:
        """Names the image or frame of slice ``k``."""
        one, item = self.slices[k], Dataset()
        item.ReferencedSOPClassUID = self.header.SOPClassUID
        item.ReferencedSOPInstanceUID = one.instance_uid
        if "PerFrameFunctionalGroupsSequence" in self.header:
            item.ReferencedFrameNumber = one.frame + 1
        return item


def find_source(folder: Path, native_ct: sitk.Image) -> DicomSource:
    """The series of a folder whose voxels are those of a scan, in the same place.

    Args:
        folder: Holds the DICOM files of one study, in subfolders or not.
        native_ct: The scan that a result was made from, in any orientation.

    Raises:
        InputRefused: ``not_a_folder``, or ``source_mismatch`` where no series is this scan: an export into another
            patient's study must not happen.
    """
    if not folder.is_dir():
        raise InputRefused(
            "not_a_folder", f"'{folder}' is not a folder.", "Give the folder of the DICOM files."
        )
    found, _ = find_series(folder)
    candidates = [
        one
        for one in found
        if one.usable and not one.first.synthetic and len(one.slices) in native_ct.GetSize()
    ]
    for series in sorted(candidates, key=lambda one: -one.score()):
        image = _image(series)
        if image is not None and _same_scan(native_ct, image):
            with quiet_pydicom():
                header = pydicom.dcmread(series.first.path, stop_before_pixels=True, force=True)
            return DicomSource(header, series.slices, image)
    named = "; ".join(one.label for one in found[:12]) or "no DICOM images"
    raise InputRefused(
        "source_mismatch",
        f"No series in '{folder}' has the voxels of the scan that this result was made from. It holds: {named}.",
        "Give the DICOM folder of that scan, or leave the source out.",
    )


def _image(series: DicomSeries) -> sitk.Image | None:
    try:
        volume, _ = stack(series)
        return place(to_hu(volume.layers_lkji[0])[0], volume.axes_mm, volume.origin_mm)[0]
    except InputRefused:
        return None


def _same_scan(native_ct: sitk.Image, image: sitk.Image) -> bool:
    there = sitk.Resample(
        native_ct, image, sitk.Transform(), sitk.sitkNearestNeighbor, _OUTSIDE_HU, sitk.sitkFloat32
    )
    apart = np.abs(sitk.GetArrayViewFromImage(there) - sitk.GetArrayViewFromImage(image))
    return bool(apart.max() <= SAME_HU)


def _part(header: Dataset, keywords: tuple[str, ...]) -> Dataset:
    part = Dataset()
    for keyword in keywords:
        if keyword in header:
            part[keyword] = header[keyword]
    return part
