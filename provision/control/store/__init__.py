"""The database of our own: SQLite in a file, or PostgreSQL by its address.

`store` opens it and lends transactions, `engine` sets each of the two up, `tables` declares them,
`migrating` brings them up to date; `lookup` is the fast way to a session, `identifiers` makes ids
and digests, `backup` copies it, `trouble` says what is wrong with it.
"""
