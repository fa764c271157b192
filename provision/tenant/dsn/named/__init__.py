"""Values that stand beside their names, in any notation: `.env`, YAML, JSON, a call, a form.

`lines` and `objects` find names with values without knowing what they mean; `names` knows it.
"""
