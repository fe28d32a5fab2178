"""Untrusted text: files, YAML with places, numbers as they are written.

Imports: algebra.
"""
