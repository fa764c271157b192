"""The tables in a tenant's database: declared, shown as SQL, compared, applied.

`tables` declares them, `ddl` writes the SQL; `catalogue` reads what is there, `shape` and `fit`
compare it, `state` says what is missing and applies it.
"""
