"""Where tenants' databases may live.

`policy` judges a host and the addresses its name leads to; `addresses` knows the ranges, and every
spelling that a resolver takes for an address.
"""
