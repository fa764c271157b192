"""Open and hold one connection to a tenant's server, under our clock and bounds.

`connect` opens it and `driver` is it; `cursor`, `feed`, `received` and `result_room` bound what is
kept of an answer. `first_contact` runs `first_contact_child` for a server never seen before, and
`guarded_login` logs in where the keys it brought do not last; `deadline` and `libpq` serve all.
`decoding` reads the JSON of an answer.
"""
