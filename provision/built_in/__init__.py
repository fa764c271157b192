"""The PostgreSQL that comes with Provision, for the demo and for who has no server.

`postgres` starts, watches and stops it and makes a database for each person.
"""
