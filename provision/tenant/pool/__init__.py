"""The connections of all tenants, within bounds.

`registry` lends them and counts in `ledger`; `breaker` refuses a tenant that keeps failing,
`reaper` closes what is idle, `traffic` tells of one tenant. `dialect` and `lent` are SQLAlchemy's
view of a lent connection.
"""
