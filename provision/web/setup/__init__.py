"""The wizard, from the pasted string to ready tables.

`routes` leads to the step where a person is; `connection` and `schema` are its two forms.
`connecting` tests and saves; `checks`, `pasted` and `table_states` prepare what a page shows.
"""
