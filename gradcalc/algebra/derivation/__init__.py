"""Derivations: the rules of differentiation, named, one at a time.

Imports: formula, operations, rewriting.
"""
