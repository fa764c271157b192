"""The overview: `routes` answers it whole and panel by panel, `panels` makes each panel."""
