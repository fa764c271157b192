"""The connections of all tenants, within bounds.

`registry` checks them out and in and keeps `bounds` by `ledger`; `breaker` refuses a tenant that
keeps failing, `reaper` closes what is idle, `traffic` describes one tenant. `alchemy` is how
SQLAlchemy sees a connection that is checked out.
"""
