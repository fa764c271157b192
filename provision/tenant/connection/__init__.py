"""One connection to a tenant's server, under our clock and bounds.

`connect` opens it and `driver` is it; `cursor`, `feed`, `received` and `result_room` bound what is
kept of an answer. `first_contact` runs `first_contact_child` for a server never seen before, and
`guarded_login` holds later log-ins to the keys it brought; `deadline` and `libpq` serve them all.
`decoding` reads the JSON of an answer.
"""
