"""The second factor: `enrolment` turns it on and off, `checking` checks codes, each good once,
`recovery_codes` makes and spends the ten of a person.
"""
