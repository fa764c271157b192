"""Request in, page or partial out. The only layer that knows Flask."""
