"""How an answer is made, whatever it says.

`partials` draws pages and blocks, `problems` and `problem_details` errors; `htmx` reads and writes
its headers, `swapping` says what may be swapped in; `urls` and `assets` make addresses, `headers`
and `compression` finish the answer, `undo_offer` adds how to take a change back.
"""
