"""Forms: the inputs of each page, and how a domain error finds the input that it is about.

Law: a form checks only what can be checked without the database; the rules of the domain stay in the verbs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import request
from flask_wtf import FlaskForm

from app.db import SAFE_METHODS, db
from app.errors import status_of
from directory.errors import DomainError


class Form(FlaskForm):
    """A form of text fields. Flask-WTF alone would take files and JSON for one, and their values are no text."""

    refused_with = 0

    @property
    def status(self) -> int:
        """What the page that shows it answers with: 200 for one that nothing is wrong with."""
        return self.refused_with or (422 if self.errors else 200)

    def refuse(self, sentence: str, status: int) -> None:
        """Say above the form why it could not be done."""
        self.form_errors.append(sentence)
        self.refused_with = status

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if formdata is None or request.method in SAFE_METHODS else request.form


@contextmanager
def blamed(form: Form) -> Iterator[None]:
    """Do what a form asks. What a verb refuses stands in the form, which the view then shows again; nothing is kept."""
    try:
        yield
    except DomainError as error:
        db.session.rollback()
        blame(form, error)
        form.refused_with = status_of(error)


def blame(form: FlaskForm, error: DomainError) -> None:
    """Put a verb's refusal beside the field it is about, or above the form; what was typed stays."""
    field = form[error.field] if error.field and error.field in form else None
    if field is None:
        form.form_errors.append(error.message)
    else:
        field.errors = [*field.errors, error.message]
