"""How people come into a cohort: the way to all that is set about it, each part with a page of its own."""

from typing import NamedTuple

from flask import render_template

from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.web.studio.access import may, needs
from webinar_hub.web.studio.area import area

blueprint = area("registering")


class Part(NamedTuple):
    """One thing to set: its page takes the cohort's key as `cohort`."""

    endpoint: str
    title: str
    words: str
    permission: Permission = Permission.SEE


PARTS = (
    Part(
        "studio_places.page",
        "Places",
        "How many seats there are, the waitlist, who decides on sign-ups, and everybody who waits.",
    ),
    Part("studio_questions.page", "Questions", "What you want to know of whoever signs up, and CE credit."),
    Part(
        "studio_accommodations.page",
        "Accommodations",
        "Captions, an interpreter, anything somebody needs to take part fully.",
        Permission.REGISTER,
    ),
    Part(
        "studio_protection.page",
        "Sign-up protection",
        "Whether an address is asked first, and what keeps robots out.",
    ),
    Part(
        "studio_invitations.page",
        "Invitations",
        "Ask people to come, each with a link of her own, and see who has answered.",
        Permission.PEOPLE,
    ),
    Part(
        "studio_access_codes.page",
        "Access and codes",
        "Who finds the webinar, whether a code is needed, and the codes themselves.",
        Permission.REGISTER,
    ),
    Part(
        "studio_groups.page",
        "Groups",
        "Managers who signed up their people, and how far those are.",
        Permission.PEOPLE,
    ),
    Part("studio_rhythm.page", "Hours", "At which hour of her own day somebody is written to, and on which days."),
)


@blueprint.get("/cohorts/<cohort>/registration")
@needs(Permission.SEE)
def page(cohort: str) -> str:
    """Every part there is, with what it is for."""
    head = cohort_head(cohort)
    parts = [part for part in PARTS if may(part.permission, head.webinar_id)]
    return render_template("studio/registering/page.html", head=head, parts=parts)
