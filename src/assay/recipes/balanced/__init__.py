"""Ensembles whose members each learn from rows of even classes: bags and forests of trees, and boosted trees.

scikit-learn grows the trees; what is kept of them, and predicts, are our own arrays.  ``draws`` says which rows a member
gets, ``rounds`` boosts, ``members`` stops in time, ``fitted`` brings the probabilities back to the shares of the training rows.
"""
