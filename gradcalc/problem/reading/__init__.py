"""The keys of a problem file: what each says, and how it becomes equations.

Imports: limit_values, model, names, text, algebra, engine.
"""
