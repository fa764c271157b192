"""What is asked of a person's database, one module a noun, one statement a read.

PostgreSQL builds every answer as JSON text. The JSON API passes it on untouched; pages decode it
into `rows`. A value that no Python type holds (a date of `infinity`, money that is NaN)
arrives as harmless text, and one statement can carry several independent answers in one trip.

A query is a function: the connection first, `owner_id` by keyword, and `user_id = :owner_id` on
every table it touches. None of them commits.
"""
