"""Virtual patients: thorax and heart with known truth, drawn from a seed."""
