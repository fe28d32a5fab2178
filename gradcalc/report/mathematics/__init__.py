"""Mathematics as it is set: a tree, rows of Unicode, LaTeX, MathML.

Imports: algebra, problem.
"""
