"""How values are written for people: `due` and `moments` days and times, `markdown` descriptions;
`filters` hands these and the others to the templates.
"""
