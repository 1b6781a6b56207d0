"""Drawing chambers with Slicer's segment editor: for edits in the work list and for readers."""
