"""Check the rows of a draft: which are ready to be written, and why others are not.

`draft` carries an import from step to step; `check` looks at it, row by row with `row_reading`;
`evidence` puts together what several columns say of a task's progress; `present` finds what is
here already; `losses` says what will not come along; `result` is what pages show; `writing` makes
rows of it.
"""
