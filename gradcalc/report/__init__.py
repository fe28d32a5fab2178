"""What people read: pages, documents, pictures, scripts, notebooks.

Imports: algebra, engine, grading, problem.
"""
