"""Blinded reading for observer studies, and the coordinator's page."""
