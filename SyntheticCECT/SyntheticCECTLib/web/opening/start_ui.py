"""The first page: open a scan, try a virtual patient, and how far the work is."""

from __future__ import annotations

from dataclasses import dataclass

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VCard, VIcon, VProgressLinear, VTextField
from trame_server import Server
from undo_stack import Signal

from ..element import marked, named
from ..typed_state import names_of

ACCEPTED = ".nrrd,.nii,.gz,.mha,.zip,.dcm,.dicom,.ima"


@dataclass
class StartState:
    """What is opened, and how far the work is."""

    path: str = ""
    takes_paths: bool = False
    has_scan: bool = False
    has_result: bool = False
    scan_line: str = ""
    with_cect: bool = False
    with_reference: bool = False
    uploading: bool = False
    working: bool = False
    fraction: float = 0.0
    message: str = ""
    left: str = ""


class StartUI:
    """The first page; build it inside the main area.

    Args:
        server: trame's.
    """

    virtual_patient_clicked = Signal()
    path_given = Signal()
    uploaded = Signal(str, str, int)
    upload_failed = Signal(str, str)

    def __init__(self, server: Server) -> None:
        name = names_of(server, StartState)
        self._server = server
        with html.Div(classes="room-start", raw_attrs=marked(page="start")):
            html.H1("SyntheticCECT")
            html.P(
                "Turns a CT without contrast into a synthetic arterial-phase CECT, and measures the left atrium and the "
                "left ventricle.",
                classes="room-lead",
            )
            with html.Div(classes="room-cards"):
                with VCard(classes="room-card", variant="tonal"):
                    VIcon("mdi-folder-open-outline", size=36)
                    html.H2("Open a scan")
                    html.P("NRRD, NIfTI or MetaImage; DICOM as a folder or a zip.")
                    with html.Div(classes="room-row"):
                        VBtn(
                            "Choose a file", color="primary", click=self.pick("scan"), disabled=(name.uploading,),
                            loading=(name.uploading,), raw_attrs=named("Choose a file", action="open-file"),
                        )  # fmt: skip
                        VBtn(
                            "DICOM folder", variant="outlined", click=self.pick("scan", "folder"), disabled=(name.uploading,),
                            raw_attrs=named("Choose a DICOM folder", action="open-folder"),
                        )  # fmt: skip
                    VTextField(
                        v_if=(name.takes_paths,), v_model=(name.path,), label="or a path on this computer",
                        density="compact", variant="outlined", hide_details=True, classes="mt-4",
                        append_inner_icon="mdi-arrow-right", raw_attrs=[
                            *marked(input="path"),
                            f"@keydown.enter=\"trigger('{server.trigger_name(self.path_given)}')\"",
                            f"@click:append-inner=\"trigger('{server.trigger_name(self.path_given)}')\"",
                        ],
                    )  # fmt: skip
                with VCard(classes="room-card", variant="tonal"):
                    VIcon("mdi-account-heart-outline", size=36)
                    html.H2("Try a virtual patient")
                    html.P(
                        "A simulated CT with a simulated CECT and known chambers: nothing leaves this computer."
                    )
                    VBtn(
                        "Try a virtual patient", color="primary", variant="flat", disabled=(name.working,),
                        click=self.virtual_patient_clicked, raw_attrs=named("Try a virtual patient", action="try"),
                    )  # fmt: skip

    def pick(self, role: str, accepted: str = ACCEPTED) -> str:
        """What the page does to let a file be chosen, and to send it.

        Args:
            role: ``scan``, ``cect`` or ``reference``.
            accepted: Endings of file names, or ``folder``.
        """
        done, failed = self._server.trigger_name(self.uploaded), self._server.trigger_name(self.upload_failed)
        uploading = names_of(self._server, StartState).uploading
        return f"utils.get('readingRoom.pick')('{done}', '{failed}', '{uploading}', '{role}', '{accepted}')"


class ProgressUI:
    """A bar with what is being done, the time left and a cancel button; build it inside the main area.

    Args:
        server: trame's.
    """

    cancel_clicked = Signal()

    def __init__(self, server: Server) -> None:
        name = names_of(server, StartState)
        with html.Div(
            v_if=(name.working,),
            classes="room-progress",
            raw_attrs=['role="status"', *marked(panel="progress")],
        ):
            VProgressLinear(model_value=(f"100 * {name.fraction}",), color="primary", height=8, rounded=True)
            with html.Div(classes="room-row"):
                html.Span(f"{{{{ {name.message} }}}}", classes="room-grow")
                html.Span(f"{{{{ {name.left} }}}}", raw_attrs=marked(shown="left"))
                VBtn(
                    "Cancel", size="small", variant="outlined", click=self.cancel_clicked,
                    raw_attrs=named("Cancel", action="cancel"),
                )  # fmt: skip


class SynthesizeUI:
    """Panel of an open scan: what it is, what may be added to it, and the button; build it inside the drawer.

    Args:
        server: trame's.
        start: Whose upload signals are used.
    """

    synthesize_clicked = Signal()

    def __init__(self, server: Server, start: StartUI) -> None:
        name = names_of(server, StartState)
        with html.Div(classes="room-section", v_if=(name.has_scan,), raw_attrs=marked(panel="synthesize")):
            html.Small(f"{{{{ {name.scan_line} }}}}")
            VBtn(
                f"{{{{ {name.has_result} ? 'Synthesize again' : 'Synthesize' }}}}", block=True, color="primary",
                variant=(f"{name.has_result} ? 'tonal' : 'flat'",), classes="my-2",
                disabled=(f"{name.working} || {name.uploading}",), click=self.synthesize_clicked, prepend_icon="mdi-auto-fix",
                raw_attrs=named("Synthesize", action="synthesize"),
            )  # fmt: skip
            with html.Div(classes="room-row"):
                for role, label in (("cect", "Real CECT"), ("reference", "Manual masks")):
                    given = getattr(name, f"with_{role}")
                    VBtn(
                        f"{{{{ {given} ? '✓ ' : '+ ' }}}}{label}", size="small", variant="text",
                        disabled=(f"{name.working} || {name.uploading}",), click=start.pick(role),
                        raw_attrs=named(f"Add: {label.lower()}", action=f"add-{role}"),
                    )  # fmt: skip
