"""Problem files: read, checked whole, turned into equations, solved."""
