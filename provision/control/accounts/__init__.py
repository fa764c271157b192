"""Accounts: `users` registers, finds and changes them, `naming` judges names and addresses,
`new_passwords` sets another password, `tokens` are those of the API.
"""
