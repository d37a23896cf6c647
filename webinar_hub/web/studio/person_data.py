"""One person's data: given to her, or deleted, because she asked somebody of the staff for it."""

from flask import Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import erasures as queries
from webinar_hub.rules.staff import Permission
from webinar_hub.services import erasures, personal_data
from webinar_hub.web.current import house, voice
from webinar_hub.web.my_data import archive_of
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.person import demand_whole

blueprint = area("person_data")


@blueprint.get("/people/<int:person>/data")
@needs(Permission.REGISTER)
def page(person: int) -> str:
    """What can be done, what deleting her would mean, and whether it is under way."""
    demand_whole(person)
    now = clock.now()
    told = queries.consequences(person, keep_attendance=house().retention["attendance"], now=now)
    wish = queries.open_wish(person, now)
    return render_template("studio/people/data.html", person=person, told=told, wish=wish)


@blueprint.post("/people/<int:person>/data/export")
@needs(Permission.REGISTER)
def export(person: int) -> Response:
    """The file she is given, with everything we keep about her."""
    demand_whole(person)
    with transaction():
        personal_data.note_export(person, actor=staff().actor, now=clock.now())
    return archive_of(person)


@blueprint.post("/people/<int:person>/data/delete")
@needs(Permission.REGISTER)
def delete(person: int) -> Redirect:
    """She is told, and can take it back; after three days she is deleted."""
    demand_whole(person)
    with transaction():
        erasures.begin_for(person, voice(), actor=staff().actor, now=clock.now())
    flash("She is being told by mail. She, or you, can take it back for three days.", "done")
    return redirect(url_for("studio_person_data.page", person=person), 303)


@blueprint.post("/people/<int:person>/data/keep")
@needs(Permission.REGISTER)
def keep(person: int) -> Redirect:
    """Nothing is deleted."""
    demand_whole(person)
    with transaction():
        erasures.take_back(person, actor=staff().actor, now=clock.now())
    flash("Nothing is deleted; everything stays as it is.", "done")
    return redirect(url_for("studio_person_data.page", person=person), 303)
