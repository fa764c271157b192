"""How values are written: `due` and `moments` write days and times for people, `times` for
programs, `markdown` descriptions; `filters` hands these and the others to the templates.
"""
