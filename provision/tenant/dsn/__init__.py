"""Pasted text in, the parts of one connection out; nothing is resolved and nothing connected.

`paste` takes off what surrounds it, `forms` decides which form it has; `url`, `keywords`,
`semicolons`, `command_line` and `block` each read one form into `parts`; `reading` judges them,
and `parameters` says which may stay.
"""
