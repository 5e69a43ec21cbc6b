"""Recipes that learn from rows without a target too: they have features, and say where rows lie."""
