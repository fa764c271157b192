"""The wizard, from the pasted string to ready tables.

`routes` leads to the step where a person is; `connection` and `schema` are its two forms.
`connecting` tests and saves, `progress` tells how far a test is, `pasted` and `table_states` show.
"""
