"""The library of mistakes, and the search for those that a wrong value comes from.

Imports: answers, evaluation, algebra, engine, problem.
"""
