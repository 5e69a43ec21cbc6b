"""Nets for tables."""
