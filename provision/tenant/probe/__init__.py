"""Test a connection stage by stage, for the wizard and `provision db check`.

`walk` goes through the stages; `greeting` asks the first one, `facts` what is asked once logged in;
`stages` keeps their order, `progress` what runs now, `report` is what was found.
"""
