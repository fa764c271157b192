"""Rate limits: `budgets` counts in memory or in the store, `in_redis` for
several machines.
"""
