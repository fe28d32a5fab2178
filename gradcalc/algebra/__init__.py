"""The formula: one type, one parser, one printer, one table of operations."""
