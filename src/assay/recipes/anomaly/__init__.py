"""Outliers and novelties: rows scored by how odd they are, without a look at the target, and judged by it where there is one."""
