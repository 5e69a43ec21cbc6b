"""Which rows without a target are most worth a label, and whether choosing them beats taking any."""
