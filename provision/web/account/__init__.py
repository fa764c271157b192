"""Signing up, in and out.

`routes` has the forms, `registration` says who may, `reset` is the one-time link; `codes` and
`reauthentication` ask again for what is dangerous; `agents` and `events` word the audit log.
"""
