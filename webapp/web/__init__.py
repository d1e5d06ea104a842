"""Cellar: what every page shares; knows no room."""
