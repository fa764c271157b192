"""Our own store: accounts, sessions, tokens, and where each person's database is."""
