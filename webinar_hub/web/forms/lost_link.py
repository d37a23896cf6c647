"""The form that asks for the address a link should be sent to again."""

from flask_wtf import FlaskForm
from wtforms import StringField

from webinar_hub.core.language import lazy_gettext as _
from webinar_hub.web.forms import checks


class LostLinkForm(FlaskForm):
    """One field."""

    email = StringField(_("Your e-mail address"), [checks.email])
