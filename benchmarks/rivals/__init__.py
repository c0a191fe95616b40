"""The ways others keep books, on the same database as ours: plain ORM double entry, and django-hordak."""
