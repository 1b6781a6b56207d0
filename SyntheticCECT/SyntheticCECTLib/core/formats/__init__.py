"""Files in and out: volumes, DICOM, segmentations, result folders."""
