"""The pages of tasks.

`routes` answers the addresses; `view` reads what a list is asked for, `listing` makes board and
list of `cards` and `lines` in their `frame`; `answers`, `panel`, `changes`, `controls` are about
one task, `bulk` about many, `moving` about places; `quick_add` takes a line, which `quick_line`,
`day_words` and `due_range` understand.
"""
