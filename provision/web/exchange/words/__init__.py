"""The meaning of words in spreadsheets, in eight languages.

`folding` makes what is written differently alike, `headings` knows columns, `statuses` and
`priorities` their values, `yes_no` ticks and shares that say whether something is done.
"""
