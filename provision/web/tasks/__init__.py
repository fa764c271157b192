"""The pages of tasks.

`routes` answers the addresses. `view` reads which tasks are asked for; `listing` makes board and
list of `cards`, `controls` and `frame`, `drawing` draws their rows. `answers`, `panel` and
`changes` are about one task, `bulk` about many, `moving` about its place. `quick_add` makes a task
of the line that `quick` reads, `quick_many` of each of several.
"""
