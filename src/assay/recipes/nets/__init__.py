"""Recipes whose learner is a net of our own.

torch is loaded when something is fitted or predicted, never by importing one of these modules, so that recipes can be
listed without it.
"""
