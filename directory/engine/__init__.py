"""The one door to ``matching``: rows become a World, an answer becomes rows and sentences.

Law: the only room that imports ``matching``. Reads rows, holds no tables of its own. Sentences are made here,
in ``reason_text``, from data; what is told of others rests on facts they made shareable.
"""
