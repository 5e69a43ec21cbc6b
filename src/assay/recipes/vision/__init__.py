"""Recipes that read pictures without a net."""
