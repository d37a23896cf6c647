"""The outbox: every mail, what became of it and why, and what can be done about it by hand."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.adapters import checkup
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.documents.message_words import message_words
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.queries import outbox as queries
from webinar_hub.rules.delivery_story import KINDS, obstacle, retry_refusal, story
from webinar_hub.rules.outbox_filter import STATES, Wanted
from webinar_hub.rules.staff import Permission
from webinar_hub.services import deliveries
from webinar_hub.web.current import hub, settings
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("outbox")

PAGE = 50
NOTHING = queries.OutboxPage([], None, is_whole=True)
SINCE = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
MOST_DOMAINS, PATIENCE = 3, 2.0
"""So many domains are asked about, and so many seconds each answer may take."""
SENDER_WORDS = {"ok": "fine", "look": "could be better", "broken": "broken"}
_ONE = "/messages/<int(max=2147483647):delivery>"


@blueprint.get("/messages")
@needs(Permission.MESSAGES)
def page() -> str | tuple[str, int]:
    """What there is of each state, and the newest that are asked for."""
    wanted, state, before = _wanted(), request.args.get("state", ""), _number("before")
    try:
        numbers = queries.some_counts(wanted)
        found = queries.page(_wanted(state), PAGE, before)
    except NotFound as problem:
        return _page(NOTHING, {}, state, before, problem.message), 422
    return _page(found, numbers, state, before)


@blueprint.get("/messages/sender")
@needs(Permission.MESSAGES)
def sender() -> str:
    """What receivers find in the DNS about the domains that mails come from."""
    sender = hub().sender
    senders = [sender] if sender else queries.senders(_webinars())
    domains = sorted({address.rpartition("@")[2].lower() for address in senders})[:MOST_DOMAINS]
    selector = settings().dkim_selector
    found = {
        domain: list(checkup.records(domain, None, selector, remedy="Try again later.", lifetime=PATIENCE))
        for domain in domains
    }
    return render_template("studio/messages/sender.html", found=found, words=SENDER_WORDS)


@blueprint.get(_ONE)
@needs(Permission.MESSAGES)
def one(delivery: int) -> str:
    """One of them explained."""
    facts, now, who = queries.facts(str(delivery), _webinars()), clock.now(), staff()
    lines = story(facts, now, lambda at: f"{when_in(at, who.zone, year=True)} {place_of(who.zone)}", commands=False)
    refused, forcible = retry_refusal(facts.state, facts.expires_at, now, on_the_wire=facts.on_the_wire)
    return render_template(
        "studio/messages/delivery.html",
        facts=facts,
        lines=lines,
        refused=refused,
        forcible=forcible,
        hindered=obstacle(facts),
        kind=message_words(facts.kind),
    )


@blueprint.post(f"{_ONE}/retry")
@needs(Permission.MESSAGES)
def retry(delivery: int) -> Redirect:
    """Put it back into the queue."""
    queries.facts(str(delivery), _webinars())
    with transaction():
        deliveries.retry(delivery, force="force" in request.form, actor=staff().actor, now=clock.now(), hint="")
    flash("It is back in the queue and goes out with the next ones.", "done")
    return redirect(url_for("studio_outbox.one", delivery=delivery), 303)


@blueprint.get(f"{_ONE}/cancel")
@needs(Permission.MESSAGES)
def ask_to_cancel(delivery: int) -> str:
    """What is lost."""
    facts = queries.facts(str(delivery), _webinars())
    return render_template("studio/messages/cancel.html", facts=facts, kind=message_words(facts.kind))


@blueprint.post(f"{_ONE}/cancel")
@needs(Permission.MESSAGES)
def cancel(delivery: int) -> Redirect:
    """Take it out of the queue."""
    queries.facts(str(delivery), _webinars())
    with transaction():
        deliveries.cancel(delivery, actor=staff().actor, now=clock.now())
    flash("It was taken out. Nobody gets it.", "done")
    return redirect(url_for("studio_outbox.one", delivery=delivery), 303)


@blueprint.get("/messages/retry-failed")
@needs(Permission.MESSAGES)
def ask_to_retry() -> str:
    """How many failed ones would be sent again."""
    number, through = queries.to_retry(_wanted(), clock.now())
    return render_template("studio/messages/retry_failed.html", number=number, through=through, filters=_filters())


@blueprint.post("/messages/retry-failed")
@needs(Permission.MESSAGES)
def retry_failed() -> Redirect:
    """Put them back into the queue, those that were counted and no others."""
    wanted = queries.checked(_wanted())
    with transaction():
        number = deliveries.retry_failed(
            wanted, through=_number("through") or 0, actor=staff().actor, now=clock.now()
        )
    flash("One mail is back in the queue." if number == 1 else f"{number:,} mails are back in the queue.", "done")
    return redirect(url_for("studio_outbox.page", **_filters()), 303)


def _page(
    found: queries.OutboxPage, numbers: dict[str, int], state: str, before: int | None, problem: str = ""
) -> str:
    return render_template(
        "studio/messages/outbox.html",
        found=found,
        searched=queries.SEARCHED,
        numbers=numbers,
        most=queries.MOST_COUNTED,
        state=state,
        before=before,
        filters=_filters(),
        kinds={kind: message_words(kind) for kind in KINDS},
        cohorts=queries.cohorts(_webinars()),
        problem=problem,
    )


def _wanted(state: str = "") -> Wanted:
    filters = _filters()
    since = SINCE.get(filters.get("since", ""))
    return Wanted(
        states=(state,) if state in STATES else (),
        cohort=filters.get("cohort", ""),
        email=filters.get("email", ""),
        kind=filters.get("kind", ""),
        since=clock.now() - since if since else None,
        webinars=_webinars(),
    )


def _filters() -> dict[str, Any]:
    """What was asked for, to be asked for again."""
    asked = {name: request.values.get(name, "").strip() for name in ("kind", "cohort", "email", "since")}
    return {name: typed for name, typed in asked.items() if typed}


def _number(name: str) -> int | None:
    return whole(request.values.get(name))


def _webinars() -> tuple[int, ...] | None:
    only = staff().webinars(Permission.MESSAGES)
    return None if only is None else tuple(sorted(only))
