"""Abbreviations after whose point a sentence goes on even if a capital letter follows: a name, a number or an example does.

Written down for this project; without their last point, in lower case.  Those that end a sentence as often as not (etc., др.,
г.) are not among them.
"""

_NEVER_LAST = """
mr mrs ms dr prof rev gen col capt lt sgt st messrs mt ft vs fig vol no nos pp ed eds cf approx dept e.g i.e
ул пр просп пер пл наб им гр г-н г-жа проф акад доц д-р тов св рис табл стр гл разд см ср напр обл респ род ред изд
т.е т.к т.н и.о
"""
NEVER_LAST = frozenset(_NEVER_LAST.split())
