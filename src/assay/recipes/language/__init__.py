"""Recipes of language tasks that need no net."""
