"""The interface to ``matching``: turns rows into a World, and answers into rows and sentences.

Law: the only room that imports ``matching``. Reads rows, and owns no tables except saved searches. Sentences are made
here, in ``reason_text``, from data; statements about other members rest on facts that they made shareable.
"""
