"""The form of the consent to a public page."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.forms import Form


class PublicForm(Form):
    """Whether a page is public, and whether search engines may index it."""

    public = BooleanField(_l("Show this page to everybody on the web"))
    indexed = BooleanField(_l("Let search engines find it"))
