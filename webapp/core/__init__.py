"""Cellar: database, clock, secrets, bells, logs; knows no room."""
