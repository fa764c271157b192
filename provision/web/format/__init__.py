"""How values are written for people: `dates` days and times, `day_words` days as people type them,
`money` amounts, `names` names, `markdown` descriptions; `filters` hands them to the templates.
"""
