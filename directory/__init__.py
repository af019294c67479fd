"""The domain: tables and verbs, by subject.

Law: it imports neither Flask nor Celery. Verbs take ``(session, ..., now)``, never commit, and raise the errors of
``directory.errors``. Only ``directory.clock`` reads the clock; only ``directory.engine`` imports ``matching``.
"""
