"""What gradcalc knows, as documents: operations, optimisers, mistakes, and derivations of formulas.

Imports: blocks, mathematics, results, algebra, engine, grading.
"""
