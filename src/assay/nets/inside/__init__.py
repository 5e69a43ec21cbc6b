"""Seeing inside a net: what flows through its layers, forward and back, while it computes and while it learns."""
