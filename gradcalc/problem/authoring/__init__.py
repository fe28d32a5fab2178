"""Writing problem files: one to start from, its numbers, the schema for editors.

Imports: model, reading, solve, text, algebra, engine.
"""
