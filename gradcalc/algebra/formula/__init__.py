"""The formula: one type, one parser, one printer; names and shapes.

Imports: nothing.
"""
