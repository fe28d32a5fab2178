"""The worked solution: what is given, its lines, the answer.

Imports: blocks, mathematics, page, pictures, steps, algebra, engine, problem.
"""
