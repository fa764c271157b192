"""Our own store: accounts, sessions, tokens, and where each person's database is.

Each folder is a subject; `tests/test_imports.py` holds their order, `store` lowest. Above them
`idempotency` keeps the answers to calls that may be sent again, `import_words` what words of
spreadsheets mean, `dossier` gathers and erases all that is held about a person, and `keys` moves
every secret to a new key.
"""
