"""The weekly hands: they wake up, call verbs, and talk to channels.

Law: no rules of its own and no tables. A task carries only an id: the database is the queue, Celery the
doorbell. All network traffic leaves through ``jobs.channels``.
"""
