"""Which rows are kept: one file a method, each a function of points, target and the classes that may shrink."""
