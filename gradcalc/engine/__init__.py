"""The computational graph: its backward pass, its values, the proof of its derivatives.

Imports: algebra.
"""
