"""Who asks for what, before a page or a call answers.

`session` is the guard and says who it is; `workspace` runs queries in the present workspace, with
the `undo_note` of a change; `services` has what lives as long as the app; `sites`, `limits` and
`body_stream` refuse, `problems` answers what was refused or failed.
"""
