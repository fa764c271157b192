"""Kinds of rows, each declared once: forms, JSON, descriptions and queries are read off it."""
