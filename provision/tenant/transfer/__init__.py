"""Rows in and out of a workspace in bulk.

`workspace_file` is the file's format, `leaving` and `arriving` its rows and those of lists;
`importing` adds rows from a spreadsheet;
`sample` fills in and removes the sample, whose rows are in `sample_rows`.
"""
