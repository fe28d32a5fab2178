"""All other results: checks, options, classes, mistakes, derivations, rows of the tables.

Imports: blocks, mathematics, page, steps, algebra, engine, grading, problem.
"""
