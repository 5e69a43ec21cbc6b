"""Recommenders by name: what a user may like, from tables of users, items and ratings."""
