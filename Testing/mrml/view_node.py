"""Nodes of views, named before they enter the scene: Slicer makes a widget of each at once, by that name."""

from __future__ import annotations

from typing import Any


def a_view_node(scene: Any, class_name: str, layout_name: str) -> Any:
    """The view node of that layout name: the one that there is, as in Slicer itself, or a new one."""
    there = scene.GetSingletonNode(layout_name, class_name)
    if there is not None:
        return there
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetName(layout_name)
    node.SetLayoutName(layout_name)
    return scene.AddNode(node)
