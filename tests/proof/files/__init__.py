"""Problem files over every key and every operation, through every command: what must hold."""
