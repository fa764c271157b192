"""Settings of the person: a module for each page, in the `frame` that they share.

`frame` draws what is around a page; `events` and `agents` write the audit log for people. No page
needs the person's database, so that a connection string that fails can be replaced here.
"""
