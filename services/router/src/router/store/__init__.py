"""Tables of the router: a module a table."""
