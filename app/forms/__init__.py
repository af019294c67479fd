"""Forms: what a page asks for, and how an error of a verb finds its field."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm

from app.db import SAFE_METHODS
from directory.errors import DomainError


class Form(FlaskForm):
    """A form of text fields. Flask-WTF alone would take files and JSON for one, and their values are no text."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if formdata is None or request.method in SAFE_METHODS else request.form


def blame(form: FlaskForm, error: DomainError) -> None:
    """Put a verb's refusal beside the field it is about, or above the form; what was typed stays."""
    field = form[error.field] if error.field and error.field in form else None
    if field is None:
        form.form_errors.append(error.message)
    else:
        field.errors = [*field.errors, error.message]
