"""Pictures of graphs, networks and curves, in every format.

Imports: mathematics, page, steps, algebra, engine, problem.
"""
