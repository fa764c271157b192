"""Lines that add tasks, as they are read: `line` reads one. Nothing here asks the database."""
