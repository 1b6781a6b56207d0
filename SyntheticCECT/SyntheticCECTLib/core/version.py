"""The version that every result carries."""

VERSION = "0.1.0"
RESEARCH_USE = (
    "Research use only. Synthetic contrast from models trained on simulated patients: "
    "not an acquired image, not for diagnosis, not for reading coronary arteries or plaque."
)
