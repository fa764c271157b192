"""Their PostgreSQL: from a pasted connection string to rows, under a policy, bounds and a clock."""
