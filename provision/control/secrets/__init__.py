"""What is encrypted: `sealed` alone calls the vault, `key_file` keeps a generated key."""
