"""Worked solutions of backpropagation problems, from one list of equations."""
