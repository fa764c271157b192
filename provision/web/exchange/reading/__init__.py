"""Files as tables of text: `source` opens any of them, the others read one form each.

`encodings` and `delimited` read text, `csv_text` writes it, `workbook` reads `.xlsx`, `boards`
reads JSON; `shape` finds headings and groups in a table.
"""
