"""What people write: numbers, names, sheets, letters of options.

Imports: algebra, engine, problem.
"""
