"""All other results: checks, options, classes, lints.

Imports: blocks, mathematics, steps, algebra, grading, problem.
"""
