"""Interpretation of what people write: amounts, budgets, days and numbers, in forms and in the middle of a text.

Law: pure functions of a text and what is known of its reader; what could be two things is a question, never a guess.
"""
