"""Pasted text in, the parts of one connection out; nothing is resolved and nothing connected.

`paste` finds the string in what was copied, `reading` decides which form it has; `url`, `keywords`
and `command_line` each read one form into `parts`, and `parameters` says which may stay.
"""
