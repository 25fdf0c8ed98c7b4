"""Training and export of the shipped vision model; see models/README.md."""
