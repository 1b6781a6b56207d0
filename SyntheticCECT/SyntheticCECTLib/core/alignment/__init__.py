"""Rigid registration of a CECT onto the native CT."""
