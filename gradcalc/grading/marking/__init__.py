"""Judging one sheet: answers, formulas, options.

Imports: answers, evaluation, mistakes, algebra, engine, problem.
"""
