"""Marking a class, all students at once along a leading axis; scheme, roster, gradebook.

Imports: answers, evaluation, marking, mistakes, submissions, algebra, engine, problem.
"""
