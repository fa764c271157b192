"""The second factor at `/auth/two-factor`: `challenge` asks for it, `setup` turns it on.

`codes` checks a code for every page and call; `reauthentication` asks for password and code again
before a dangerous action; `login_form` is the first half, to which a log-in may come back.
"""
