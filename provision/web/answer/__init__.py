"""How an answer is made, whatever it says; knows nothing of the person who asks.

`partials` draws pages and blocks, `problem_details` errors as JSON; `htmx` reads and writes its
headers, `swapping` says what may be swapped in; `urls` and `assets` make addresses, `headers` and
`compression` finish the answer, `undo_offer` adds how to take a change back, `kept_macros` and
`drawn_rows` keep what was drawn, in `kept`.
"""
