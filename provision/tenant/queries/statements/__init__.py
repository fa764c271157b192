"""What all queries are made of.

`columns` and `filters` name what is asked for, `paging` cuts a list, `bundle` makes several lists
one statement, `writing` changes rows; `declared` and `collection` give a noun all of these.
"""
