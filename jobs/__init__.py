"""Background jobs: Celery tasks that call the verbs of ``directory`` and talk to channels.

Law: no rules of its own and no tables. A task carries only an id: the database is the queue, Celery only wakes a
worker. All network traffic leaves through ``jobs.channels``.
"""
