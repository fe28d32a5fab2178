"""Marking: what is written, what it should be, which mistake it comes from, a whole class.

Imports: algebra, engine, problem.
"""
