"""Formulas written another way: simplified, shortened, one entry of them.

Imports: formula, operations.
"""
