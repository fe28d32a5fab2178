"""The formula and all that is done to it without numbers.

Imports: nothing.
"""
