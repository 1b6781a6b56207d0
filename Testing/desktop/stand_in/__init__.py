"""A small, strict stand-in for the desktop application, on top of the real slicer-core scene and the real slicer.util.

It supplies what slicer-core lacks: qt and ctk in the manner of PythonQt, slicer.app, slicer.modules, the parameter node
wrapper and the base classes of scripted modules. It knows no more than the extension uses, and raises where PythonQt
would only print a warning or do something else than was meant.
"""
