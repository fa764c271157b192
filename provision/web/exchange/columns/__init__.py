"""Guess what the columns of a table are, and read the cells of each column together.

`kinds` says what can be imported; `guessing` takes heading and cells for a column of ours; `days`,
`amounts`, `choices` and `people` read one kind of column each; `questions` are what only a person
can say, once a column.
"""
