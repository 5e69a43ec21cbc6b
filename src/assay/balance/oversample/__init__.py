"""Which pairs of rows a new row is made between: one file a method, each a function of points, target and a class."""
