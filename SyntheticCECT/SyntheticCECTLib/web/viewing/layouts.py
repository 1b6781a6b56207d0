"""The views that exist, and the layouts that show some of them."""

from __future__ import annotations

from trame_slicer.views import ViewLayoutDefinition

AXIAL, CORONAL, SAGITTAL, COMPARED, THREE_D = "Axial", "Coronal", "Sagittal", "Compared", "ThreeD"
SLICES = (AXIAL, CORONAL, SAGITTAL, COMPARED)

DEFINITIONS = {
    AXIAL: ViewLayoutDefinition.axial_view(AXIAL),
    CORONAL: ViewLayoutDefinition.coronal_view(CORONAL),
    SAGITTAL: ViewLayoutDefinition.sagittal_view(SAGITTAL),
    # Beside or over the axial view; it follows that view's slice, zoom and position.
    COMPARED: ViewLayoutDefinition.axial_view(COMPARED),
    THREE_D: ViewLayoutDefinition.threed_view(name=THREE_D, background_color=("#101418", "#232a31")),
}

FOUR, PRIMARY, SIDE, WIPE, SOLID = "four", "primary", "side", "wipe", "solid"
LAYOUTS = {
    FOUR: (AXIAL, CORONAL, SAGITTAL, THREE_D),
    PRIMARY: (AXIAL, CORONAL, SAGITTAL, THREE_D),
    SIDE: (AXIAL, COMPARED),
    WIPE: (AXIAL, COMPARED),
    SOLID: (THREE_D,),
}
TITLES = {
    FOUR: "Four views", PRIMARY: "Axial large", SIDE: "Side by side", WIPE: "Wipe", SOLID: "3D",
}  # fmt: skip
ICONS = {
    FOUR: "mdi-view-grid-outline", PRIMARY: "mdi-view-split-vertical", SIDE: "mdi-view-column-outline",
    WIPE: "mdi-arrow-split-vertical", SOLID: "mdi-cube-outline",
}  # fmt: skip


def shows_pair(layout: str) -> bool:
    """Whether the CT stands beside or under the image that was chosen."""
    return layout in (SIDE, WIPE)
