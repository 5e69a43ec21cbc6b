"""What the columns of a table hold: counts, shapes, outliers, missing cells, and how columns go together.

Description alone: nothing here has an interval, and nothing is fitted. What is said about the target, with intervals and
tests, stands in report/look_target.py, because data/ may not look at measure/.
"""
