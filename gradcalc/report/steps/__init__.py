"""A solution as it is to be shown: a view of its values, its lines, the words beside them.

Imports: mathematics, page, algebra, engine, problem.
"""
