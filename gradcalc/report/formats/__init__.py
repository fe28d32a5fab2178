"""Printers: blocks as text, Markdown, LaTeX, HTML.

Imports: blocks, mathematics, page, pictures.
"""
