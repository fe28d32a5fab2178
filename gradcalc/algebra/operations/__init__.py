"""The table of operations: one row for each, its kernels, what rows mean in a formula.

Imports: formula.
"""
