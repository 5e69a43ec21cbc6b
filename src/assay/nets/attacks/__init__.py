"""Attacks on nets for pictures, what corruptions cost them, and training that resists both."""
