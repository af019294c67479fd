"""Forms: the inputs of each page, and how a domain error finds the input that it is about.

Law: a form checks only what can be checked without the database; the rules of the domain stay in the verbs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import request
from flask_wtf import FlaskForm

from app.db import SAFE_METHODS, db
from app.errors import STATUS
from directory.errors import DomainError


class Form(FlaskForm):
    """A form of text fields, read from ``request.form`` only.

    Flask-WTF alone would also read files and JSON, whose values are not text.
    """

    error_status = 0  # the HTTP status of an error outside the fields; 0 without one

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form: 200 without errors."""
        return self.error_status or (422 if self.errors else 200)

    def refuse(self, message: str, status: int) -> None:
        """Show ``message`` above the form, on a page with this HTTP status."""
        self.form_errors.append(message)
        self.error_status = status

    def texts(self, *names: str) -> dict[str, str]:
        """Return the text in each of these fields, "" if it was not sent."""
        return {name: self[name].data or "" for name in names}

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if formdata is None or request.method in SAFE_METHODS else request.form


@contextmanager
def blamed(form: Form) -> Iterator[None]:
    """Catch a DomainError of this block: roll back and add the error to ``form``, which the view then shows again.

    The message stands at the field that the error names, else above the form. The submitted values stay.
    """
    try:
        yield
    except DomainError as error:
        db.session.rollback()
        if error.field and error.field in form:
            field = form[error.field]
            field.errors = [*field.errors, error.message]
        else:
            form.form_errors.append(error.message)
        form.error_status = STATUS[type(error)]
