"""The PostgreSQL that comes with Provision, for the demo and for people without a server.

`postgres` starts, watches and stops it; `account` is the system account that it runs as;
`databases` makes a database and a role for each person.
"""
