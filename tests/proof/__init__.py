"""Gradients by several independent roads, and what must hold of all of them."""
