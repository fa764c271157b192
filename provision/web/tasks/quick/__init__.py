"""Lines that add tasks, as they are read; nothing here asks the database.

`lines` takes a text apart, `line` reads one line.
"""
