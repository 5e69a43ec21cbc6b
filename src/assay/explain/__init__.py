"""What drives a model: importance, attributions, curves, interactions, faults, fairness, and what would change a decision.

held           fitted models with rows that they have not seen      association    columns that say the same
permutation    how much worse without a column                      shapley        what each column added to each answer
curves         partial dependence, accumulated local effects        interactions   pairs that act together
faults         the most wrong rows, slices where it fails           fairness       rates and calibration by group
counterfactual the smallest change that turns one decision          explanation    all of them on one set of rows

A number here describes the model, not the world: a column that matters to the model need not cause anything.
"""
