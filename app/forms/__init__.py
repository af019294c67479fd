"""Forms: what a page asks for, and how an error of a verb finds its field."""

from flask_wtf import FlaskForm

from directory.errors import DomainError


def blame(form: FlaskForm, error: DomainError) -> None:
    """Put a verb's refusal beside the field it is about, or above the form; what was typed stays."""
    field = form[error.field] if error.field and error.field in form else None
    if field is None:
        form.form_errors.append(error.message)
    else:
        field.errors = [*field.errors, error.message]
