"""trame-slicer's application, without VTK's chatter on standard error."""

from __future__ import annotations

from trame_slicer.core import SlicerApp
from vtkmodules.vtkCommonCore import vtkLogger, vtkObject, vtkOutputWindow


def quiet_slicer_app(debug: bool = False) -> SlicerApp:
    """A scene with its logics.

    Args:
        debug: Whether VTK says everything; else it says nothing, since its messages may name files of patients.
    """
    if not debug:
        vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
        vtkObject.GlobalWarningDisplayOff()
    app = SlicerApp()
    if not debug:
        vtkOutputWindow.GetInstance().SetDisplayModeToNever()
    return app
