"""What went wrong with a database, as one of our errors with words for its owner.

`translate` maps a driver's error to a code, `messages` by the text where there is no SQLSTATE;
`wording` has detail and remedy for each code and provider.
"""
