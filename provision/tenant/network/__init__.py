"""Decide where tenants' databases may live: `policy` judges a host and all its addresses."""
