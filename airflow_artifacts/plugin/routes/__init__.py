"""The routes, in routers: each has one dependency that every route in it stands behind."""
