"""Know the host of a tenant's database; nothing here imports another folder of `tenant`.

`target` is where it is and how to log in, `providers` who runs it, `addresses` what its address is.
"""
