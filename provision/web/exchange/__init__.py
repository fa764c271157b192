"""Import and export: rows from spreadsheets, lists as files, a workspace in one file.

An import goes through four folders: `words` knows headings and values, `reading` makes tables of
a file, `columns` reads cells by their column, `checking` holds a draft to the rules. `templates`
hands out files to fill in; `pages` and `downloads` answer requests.
"""
