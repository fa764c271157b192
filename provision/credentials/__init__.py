"""What proves a person and seals a secret; knows nothing of stores or pages.

`passwords` hashes and checks, `password_strength` refuses what is guessed first, `totp` checks an
authenticator's codes, `vault` encrypts with the installation's keys.
"""
