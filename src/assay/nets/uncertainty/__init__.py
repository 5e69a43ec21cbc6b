"""How sure a net is: several nets in place of one, and what their disagreement says.

Every method ends in outputs of the form (n, members, outputs): dropout masks, seeded samples of a last layer, the draws of a
Markov chain, nets trained from other first weights.  ``spread`` reads them all alike.
"""
