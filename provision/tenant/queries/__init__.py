"""What is asked of a person's database, one module a noun, one statement a read.

PostgreSQL builds every answer as JSON text. The JSON API passes it on untouched; pages decode it
into `rows`. A value that no Python type holds (a date of `infinity`, money that is NaN)
arrives as harmless text, and one statement can carry several independent answers in one trip.

A query is a function of a connection, `owner_id` and what it is asked for. It has
`user_id = :owner_id` on every table it touches, and does not commit.
"""
