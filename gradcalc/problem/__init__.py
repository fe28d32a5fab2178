"""The problem: a file is read and checked whole, and solved.

Imports: algebra, engine.
"""
