"""Signing up, in and out.

`routes` has the forms, `registration` says who may register, `reset` is the one-time link.
"""
