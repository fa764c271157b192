"""The second factor: `enrolment` turns it on and off, `checking` takes a code at a door, each once,
`recovery_codes` makes and spends the ten of a person.
"""
