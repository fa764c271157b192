"""What the pages of all nouns share.

`noun_pages` makes list, form and panel of a declared noun, `editing` takes a change, `typed_text`
understands days and sums, `seen` finds what two people changed at once, `row_view` sorts and heads
a table.
"""
