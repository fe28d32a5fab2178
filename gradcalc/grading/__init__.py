"""Answers: read, compared, followed forward, explained."""
