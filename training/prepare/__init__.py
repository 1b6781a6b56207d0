"""Pairs in: registered, resliced, checked and split by patient, ready to train on."""
