"""The version that every result carries."""

VERSION = "0.1.0"
RESEARCH_USE = (
    "Research use only. Synthetic contrast, computed and not acquired; the bundled models have seen simulated patients "
    "only. Not for diagnosis, not for reading coronary arteries or plaque."
)
