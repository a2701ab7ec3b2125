"""The mall as a text-book would write it: a Django project of its own with the middlewares of
`startproject`, REST framework's token check, ordinary views, serializers and ORM. It knows nothing
of ours and is correct under load; it is what ours runs beside.
"""
