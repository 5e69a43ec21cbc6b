"""Models made of other fitted models."""
