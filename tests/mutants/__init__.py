"""Faults put into a copy of the package, one at a time, each of which the tests must find."""
