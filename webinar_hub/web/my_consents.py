"""What she agreed to, in the words that stood there, with when and where: her own page of it."""

from flask import Blueprint, render_template

from webinar_hub.queries import consents as queries
from webinar_hub.queries import me
from webinar_hub.web import visitor
from webinar_hub.web.current import links

blueprint = Blueprint("my_consents", __name__)


@blueprint.get("/my/consents")
def page() -> str:
    """The whole history; it is changed where the mails themselves are chosen."""
    person = visitor.required()
    return render_template(
        "web/my_consents.html", person=me.person_view(person, links()), consents=queries.of_person(person)
    )
