"""What the words of a spreadsheet mean, in the eight languages most of them are written in.

`folding` makes what is written differently alike, `headings` knows columns, `statuses` and
`priorities` their values, `yes_no` ticks and shares that say whether something is done.
"""
