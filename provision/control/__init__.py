"""Our own store: accounts, sessions, tokens, and where each person's database is.

`connections` keeps the sealed strings, `audit` what happened to an account, `idempotency` the calls
that may be sent again; `dossier` gathers and erases all that is held about a person, `keys` moves
every secret to a new key. The folders hold the rest, each by its subject.
"""
