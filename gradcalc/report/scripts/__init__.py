"""A problem as a script: NumPy, PyTorch.

Imports: steps, algebra, engine, problem.
"""
