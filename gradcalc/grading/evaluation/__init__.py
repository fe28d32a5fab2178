"""The lines that answers are judged by, using the student's own earlier values.

Imports: answers, algebra, engine, problem.
"""
