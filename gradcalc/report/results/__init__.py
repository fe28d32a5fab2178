"""All other results: checks, options, classes, lints.

Imports: blocks, mathematics, page, steps, algebra, grading, problem.
"""
