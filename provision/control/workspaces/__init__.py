"""Who may enter which workspace, and what each may do there."""
