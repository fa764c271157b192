"""The connection test of the wizard and of `provision db check`, stage by stage.

`walk` goes through the stages; `greeting` asks the first one, `facts` what is asked once logged in;
`stages` keeps their order, `progress` what runs now, `report` is what was found.
"""
