"""Worked solutions for people: steps, notation, terminal, JSON."""
