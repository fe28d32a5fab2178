"""Equations in, equations out: graph, derivatives, evaluation, numerical check."""
