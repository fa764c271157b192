"""Who asks for what, before a page or a call answers.

`session` is the guard and says who it is; `workspace` runs queries in the present workspace;
`services` has what lives as long as the app; `sites`, `limits` and `body_stream` refuse.
"""
