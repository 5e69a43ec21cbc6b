"""Phrases of the curves and what stands under them."""

PHRASES: dict[str, tuple[str, str]] = {}
