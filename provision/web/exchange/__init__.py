"""In and out: rows from spreadsheets, lists as files, and a whole workspace in one file.

`csv_text` reads and writes CSV, `cells` understands what people write into it, `kinds` says what
can be imported, `draft` carries an import from step to step, `checking` holds it to the rules;
`pages` and `downloads` answer requests.
"""
