"""What a class hands in: tables, downloads, sheets, as blocks of rows.

Imports: answers, algebra, problem.
"""
