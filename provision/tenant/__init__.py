"""Their PostgreSQL: from a pasted connection string to rows, under bounds, deadlines and a policy."""
