"""The JSON API, a module a subject; `blueprint` has what holds for every call."""
