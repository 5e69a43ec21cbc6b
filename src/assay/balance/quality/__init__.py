"""How good are the rows that a treatment made?  Measured for each class that grew, before any model is trained on them.

table       the rows before and the new ones as one matrix of typed columns
told        can a classifier tell new rows from real ones of their class (ROC AUC)
distances   columns and pairs of columns, each by itself
landing     where the new rows stand: among rows of another class, on copies, close to the rows they came from
words       what of that deserves a warning
report      ``quality_of``: all of it as one frozen object a class

Nothing here knows which treatment made the rows, so a treatment cannot be judged by a rule of its own.
"""
