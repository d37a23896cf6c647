"""Announcements: written, looked at with real eyes, counted, sent now or later, and taken back."""

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, Invalid
from webinar_hub.queries import announcements as queries
from webinar_hub.queries import previews
from webinar_hub.queries.previews import About
from webinar_hub.queries.studio import CohortHead, cohort_head
from webinar_hub.rules.announcement import HELD, Wish
from webinar_hub.rules.deliverability import advice
from webinar_hub.rules.staff import Permission
from webinar_hub.rules.wording import KINDS, PLACEHOLDERS, problems
from webinar_hub.rules.zones import to_utc
from webinar_hub.services import announcements, notices
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.services.notices import Envelope
from webinar_hub.web import headers
from webinar_hub.web.current import links, notice_templates, settings
from webinar_hub.web.forms.announcement import AnnouncementForm
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio import mail_frames
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("announcements")

_ONE = "/cohorts/<cohort>/announcements/<int(max=2147483647):announcement>"

_STANDING = {
    "confirmed": "Has a place",
    "waiting": "Is on the waitlist",
    "pending": "Waits for your decision",
    "cancelled": "Gave her place back",
}


@blueprint.route("/cohorts/<cohort>/announcements/new", methods=["GET", "POST"])
@needs(Permission.MESSAGES)
def new(cohort: str) -> Answer | str | tuple[str, int]:
    """Begin one; saving keeps a draft, nothing is sent."""
    head = cohort_head(cohort)
    form = _form(head)
    if request.method == "GET":
        return _editor(head, form)
    try:
        with transaction():
            number = announcements.write(cohort, form.draft(), by=staff().id, now=clock.now())
    except HubError as problem:
        return _editor(head, form, problem=problem), problem.status
    return redirect(url_for("studio_announcements.page", cohort=cohort, announcement=number), 303)


@blueprint.route(f"{_ONE}/edit", methods=["GET", "POST"])
@needs(Permission.MESSAGES)
def edit(cohort: str, announcement: int) -> Answer | str | tuple[str, int]:
    """Change a draft."""
    head = cohort_head(cohort)
    view, form = queries.announcement(head, announcement, clock.now()), _form(head)
    if request.method == "GET":
        form.show(view)
        return _editor(head, form, view)
    try:
        with transaction():
            announcements.rewrite(
                cohort, announcement, form.draft(), seen=form.seen, by=staff().id, now=clock.now()
            )
    except HubError as problem:
        return _editor(head, form, view, problem), problem.status
    return redirect(url_for("studio_announcements.page", cohort=cohort, announcement=announcement), 303)


@blueprint.get(_ONE)
@needs(Permission.MESSAGES)
def page(cohort: str, announcement: int) -> str:
    """One of them: the words, whom it reaches, and what can be done with it now."""
    return _page(cohort, announcement)


@blueprint.get(f"{_ONE}/mail")
@needs(Permission.MESSAGES)
def mail(cohort: str, announcement: int) -> Answer:
    """The mail itself, for the frame."""
    head = cohort_head(cohort)
    view = queries.announcement(head, announcement, clock.now())
    return mail_frames.frame(head.id, _about(view, mail_frames.chosen_reader()))


@blueprint.post("/cohorts/<cohort>/announcements/preview")
@needs(Permission.MESSAGES)
def draft_mail(cohort: str) -> Answer:
    """The mail as it is being written, for the frame; what cannot be understood is named instead."""
    head = cohort_head(cohort)
    draft = _form(head).draft()
    if not draft.subject and not draft.body:
        return mail_frames.not_yet_frame()
    if found := problems("announcement", draft.subject, draft.body):
        return mail_frames.problems_frame([f"Line {one.line}: {one.words}" for one in found])
    kind = "news" if draft.kind == "news" else "announcement"
    about = About(kind=kind, registration=mail_frames.chosen_reader(), words=(draft.subject, draft.body))
    return mail_frames.frame(head.id, about, as_text="as_text" in request.form)


@blueprint.post("/cohorts/<cohort>/announcements/check")
@needs(Permission.MESSAGES)
def check(cohort: str) -> str:
    """How many the group has, and what could be better: for the page to show while it is being written."""
    head = cohort_head(cohort)
    draft = _form(head).draft()
    return render_template(
        "studio/messages/check.html",
        people=_people(head, draft),
        advice=advice(draft.subject, draft.body, mail_frames.sender(head.id)),
    )


@blueprint.post(f"{_ONE}/test")
@needs(Permission.MESSAGES)
def try_out(cohort: str, announcement: int) -> Answer:
    """Send it to whoever asks, marked as a test."""
    head = cohort_head(cohort)
    view = queries.announcement(head, announcement, clock.now())
    with transaction():
        mail_frames.send_test(head.id, _about(view, mail_frames.chosen_reader()))
    flash(f"A test is on its way to {staff().email}.", "done")
    return redirect(url_for("studio_announcements.page", cohort=cohort, announcement=announcement), 303)


@blueprint.post(f"{_ONE}/send")
@needs(Permission.MESSAGES)
def send(cohort: str, announcement: int) -> Answer | tuple[str, int]:
    """Schedule it: now means in five minutes, until which it can be taken back."""
    try:
        head = cohort_head(cohort)
        wish = Wish(at=_moment(head.zone), is_sure="sure" in request.form)
        with transaction():
            state = announcements.schedule(
                cohort,
                announcement,
                wish,
                seen=_seen(),
                by=staff().id,
                now=clock.now(),
                most_alone=settings().approve_above,
            )
            if state == "waiting":
                _ask_others(head, announcement)
    except HubError as problem:
        return _page(cohort, announcement, problem.message), problem.status
    if state == "waiting":
        flash("It waits for a second organizer: those who may agree have been written to.", "done")
    return redirect(url_for("studio_announcements.page", cohort=cohort, announcement=announcement), 303)


@blueprint.post(f"{_ONE}/approve")
@needs(Permission.MESSAGES)
def approve(cohort: str, announcement: int) -> Answer | tuple[str, int]:
    """Agree to what somebody else has written."""
    try:
        with transaction():
            announcements.approve(cohort, announcement, seen=_seen(), by=staff().id, now=clock.now())
    except EditedMeanwhile as problem:
        return _page(cohort, announcement, problem.message), problem.status
    return redirect(url_for("studio_announcements.page", cohort=cohort, announcement=announcement), 303)


@blueprint.post(f"{_ONE}/take-back")
@needs(Permission.MESSAGES)
def take_back(cohort: str, announcement: int) -> Answer:
    """Stop what has not left; it becomes a draft again."""
    with transaction():
        taken = announcements.take_back(cohort, announcement, by=staff().id, now=clock.now())
    flash(f"Taken back: it is a draft again. {_told(taken)}", "done")
    return redirect(url_for("studio_announcements.page", cohort=cohort, announcement=announcement), 303)


@blueprint.route(f"{_ONE}/discard", methods=["GET", "POST"])
@needs(Permission.MESSAGES)
def discard(cohort: str, announcement: int) -> Answer | str:
    """Throw a draft away, after asking."""
    head = cohort_head(cohort)
    view = queries.announcement(head, announcement, clock.now())
    if request.method == "GET":
        return render_template("studio/messages/discard.html", head=head, view=view)
    with transaction():
        announcements.discard(cohort, announcement, by=staff().id, now=clock.now())
    flash("The draft is gone.", "done")
    return redirect(url_for("studio_messages.page", cohort=cohort), 303)


def _told(taken: announcements.Taken) -> str:
    """Who got it all the same."""
    if not taken.sent and not taken.leaving:
        return "Nobody got it."
    sent = f"{taken.sent:,} had left already" if taken.sent else "None had left"
    return f"{sent}{f', {taken.leaving:,} were on the wire and may still arrive' if taken.leaving else ''}."


def _ask_others(head: CohortHead, announcement: int) -> None:
    """Write to those who may agree to it, with the link to its page."""
    view = queries.announcement(head, announcement, clock.now())
    page = url_for("studio_announcements.page", cohort=head.key, announcement=announcement)
    for other in queries.others_who_may_approve(head.webinar_id, staff().id):
        words = notice_templates().render(
            "approval",
            name=other.name,
            writer=staff().name,
            people=f"{view.people:,}",
            webinar=head.webinar_title,
            title=view.subject,
            link=f"{links().base}{page}",
        )
        envelope = Envelope(to_email=other.email, to_name=other.name, from_email=mail_frames.sender(head.id))
        key = f"approval:{announcement}:{view.version}:{other.id}"
        notices.write("approval", envelope, words, now=clock.now(), key=key)


def _form(head: CohortHead) -> AnnouncementForm:
    form = AnnouncementForm()
    form.offer(queries.choices(head, clock.now()), head.zone)
    return form


def _editor(
    head: CohortHead,
    form: AnnouncementForm,
    view: queries.AnnouncementView | None = None,
    problem: HubError | None = None,
) -> str:
    if problem is not None:
        form.refuse(problem)
    edited = isinstance(problem, EditedMeanwhile)
    if edited and view is not None:
        # The next save says that she has seen what is stored now: it stands beside what she typed.
        form.version.data = str(view.version)
    draft = form.draft()
    headers.allow_frame("'self'")
    return render_template(
        "studio/messages/editor.html",
        head=head,
        form=form,
        view=view,
        stored=view if edited else None,
        people=_people(head, draft),
        advice=advice(draft.subject, draft.body, mail_frames.sender(head.id)) if draft.subject else [],
        placeholders={name: PLACEHOLDERS[name] for name in KINDS["announcement"]},
        samples=previews.samples(head.id),
    )


def _page(cohort: str, announcement: int, problem: str = "") -> str:
    head, now = cohort_head(cohort), clock.now()
    view = queries.announcement(head, announcement, now)
    samples = previews.samples(head.id)
    reader = mail_frames.chosen_reader() or (samples[0].registration if samples else None)
    people = queries.people(head, view.kind, view.segment, whole_webinar=view.whole_webinar, now=now)
    headers.allow_frame("'self'")
    return render_template(
        "studio/messages/announcement.html",
        head=head,
        view=view,
        problem=problem,
        words=mail_frames.words_of(head.id, _about(view, reader)),
        advice=advice(view.subject, view.body, mail_frames.sender(head.id)),
        people=people,
        group=_in_words(head, view, now),
        samples=samples,
        reader=reader,
        held=HELD,
        most_alone=settings().approve_above,
        others=queries.others_who_may_approve(head.webinar_id, staff().id),
        mine=view.written_by == staff().id,
    )


def _about(view: queries.AnnouncementView, reader: int | None) -> About:
    return About(kind=view.kind, registration=reader, words=(view.subject, view.body))


def _people(head: CohortHead, draft: announcements.Draft) -> int:
    return queries.people(head, draft.kind, draft.segment, whole_webinar=draft.whole_webinar, now=clock.now())


def _in_words(head: CohortHead, view: queries.AnnouncementView, now: datetime) -> list[str]:
    """Whom it is for, one condition a line."""
    segment, offered = view.segment, queries.choices(head, now)
    sessions = {id_: title or "a session" for id_, title, _ in offered.sessions}
    drops = {id_: title for id_, title, _ in offered.drops}
    told = [
        _STANDING[segment.state],
        "in any cohort of this webinar" if view.whole_webinar else f"in {head.title}",
    ]
    if segment.session is not None:
        how = "came to" if segment.came else "missed"
        told.append(f"{how} {sessions.get(segment.session, 'a session of another cohort')}")
    if segment.drop is not None:
        how = "downloaded" if segment.took else "has not downloaded"
        told.append(f"{how} {drops.get(segment.drop, 'a bonus of another cohort')}")
    if segment.professions:
        told.append(f"is one of: {', '.join(segment.professions)}")
    if segment.question:
        labels = {value: asked.label for asked in offered.questions for value, _ in asked.answers}
        label = labels.get(f"{segment.question}:{segment.answer}", "a question of another cohort")
        told.append(f"answered “{label}” with: {segment.answer}")
    if view.kind == "news":
        told.append("asked for news")
    return told


def _moment(zone: str) -> datetime | None:
    """The moment that was chosen; None for now. Raises Invalid for none that there is."""
    if request.form.get("when") != "later":
        return None
    try:
        return to_utc(datetime.fromisoformat(request.form.get("at", "")), zone)
    except ValueError as error:
        words = "Choose a day and an hour." if "isoformat" in str(error) else str(error)
        raise Invalid("at", words) from error


def _seen() -> int:
    return whole(request.form.get("version")) or 0
