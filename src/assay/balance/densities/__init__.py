"""Densities fitted to the rows of one class, and new rows drawn from them: the classical answer before generators.

``margins`` chooses a family for every column, ``copula`` joins them, ``kernel`` and ``mixture`` are densities of all the
numbers at once; ``treatment`` makes treatments of class imbalance of the three.
"""
