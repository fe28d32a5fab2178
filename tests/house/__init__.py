"""How the package is built: its modules, their imports and sizes, read once and counted."""
