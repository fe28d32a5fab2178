"""What a question can show: options made of mistakes, what stays hidden.

Imports: classes, evaluation, mistakes, submissions, algebra, engine, problem.
"""
