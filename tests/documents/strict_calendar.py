"""A strict reader of our calendar objects, for tests: the rules of RFC 5545 and 5546 we rely on, on the bytes."""

import re
from collections import Counter
from dataclasses import dataclass, field

CONTENT_LINE = re.compile(
    r'(?P<name>[A-Z0-9-]+)(?P<params>(?:;[A-Z0-9-]+=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^",:;\x00-\x08\x0a-\x1f\x7f]*))*)'
    r":(?P<value>.*)",
    re.DOTALL,
)
TEXT_VALUE = re.compile(r"(?:\\[\\;,n]|[^\\;,])*", re.DOTALL)
UTC_VALUE = re.compile(r"\d{8}T\d{6}Z")
BARE_ADDRESS = re.compile(r"mailto:[^\s<>\"]+@[^\s<>\"]+")
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "UID", "NAME", "X-WR-CALNAME", "X-WR-CALDESC", "PRODID"}
MOMENTS = {"DTSTART", "DTEND", "DTSTAMP", "CREATED", "LAST-MODIFIED"}
ONCE = {
    "VCALENDAR": {"PRODID", "VERSION", "CALSCALE", "METHOD"},
    "VEVENT": {"SUMMARY", "UID", "SEQUENCE", "STATUS", "TRANSP", "CLASS", "URL", "ORGANIZER", *MOMENTS},
    "VALARM": {"ACTION", "TRIGGER", "DESCRIPTION"},
}
AT_MOST_ONCE = {"DESCRIPTION", "LOCATION", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "NAME", "X-WR-CALNAME"}
PARENT = {"VCALENDAR": "", "VEVENT": "VCALENDAR", "VALARM": "VEVENT"}


@dataclass
class Component:
    kind: str
    lines: list[re.Match[str]] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        return [line["value"] for line in self.lines if line["name"] == name]

    def lines_of(self, name: str) -> list[str]:
        return [line.group() for line in self.lines if line["name"] == name]


def violations(content: bytes) -> list[str]:
    """What is wrong with these bytes; an empty list when they keep every rule."""
    found = _byte_violations(content)
    if found:
        return found
    calendar, found = _parsed(content)
    if calendar is None or found:
        return found or ["no VCALENDAR"]
    return _calendar_violations(calendar)


def unfolded(content: bytes) -> list[str]:
    return content.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def _byte_violations(content: bytes) -> list[str]:
    found = []
    if not content.endswith(b"END:VCALENDAR\r\n"):
        found.append("does not end with END:VCALENDAR and CRLF")
    if b"\r" in content.replace(b"\r\n", b"") or b"\n" in content.replace(b"\r\n", b""):
        found.append("a line end that is not CRLF")
    for line in content.split(b"\r\n")[:-1]:
        if not line.strip():
            found.append("an empty line")
        if len(line) > 75:
            found.append(f"{len(line)} octets: {line!r}")
        try:
            if CONTROLS.search(line.decode()):
                found.append(f"a control character: {line!r}")
        except UnicodeDecodeError:
            found.append(f"not UTF-8, or folded inside a character: {line!r}")
    return found


def _parsed(content: bytes) -> tuple[Component | None, list[str]]:
    found: list[str] = []
    root = Component("")
    open_components = [root]
    for text in unfolded(content):
        line = CONTENT_LINE.fullmatch(text)
        if line is None:
            found.append(f"no content line: {text!r}")
        elif line["name"] == "BEGIN":
            if PARENT.get(line["value"]) != open_components[-1].kind:
                found.append(f"{text} inside {open_components[-1].kind or 'nothing'}")
            open_components.append(Component(line["value"]))
        elif line["name"] == "END":
            ended = open_components.pop()
            if ended.kind != line["value"] or not open_components:
                return None, [*found, f"{text} ends {ended.kind}"]
            open_components[-1].children.append(ended)
        else:
            open_components[-1].lines.append(line)
    if len(open_components) != 1 or len(root.children) != 1 or root.lines:
        found.append("not one VCALENDAR")
    return (root.children[0] if root.children else None), found


def _calendar_violations(calendar: Component) -> list[str]:
    events = calendar.children
    method = calendar.values("METHOD")[:1]
    found = _component_violations(calendar)
    for event in events:
        found += _component_violations(event)
        found += _event_violations(event, method)
        for alarm in event.children:
            found += _component_violations(alarm)
    if calendar.values("VERSION") != ["2.0"] or method not in (["REQUEST"], ["CANCEL"], ["PUBLISH"]):
        found.append(f"version or method: {method}")
    uids = [uid for event in events for uid in event.values("UID")]
    if len(set(uids)) != len(uids) or (method != ["PUBLISH"] and len(uids) != 1):
        found.append(f"{len(uids)} events with UIDs {uids}")
    return found


def _component_violations(component: Component) -> list[str]:
    count = Counter(line["name"] for line in component.lines)
    found = [f"{component.kind}: {count[name]} {name}" for name in ONCE[component.kind] if count[name] != 1]
    found += [f"{component.kind}: {count[name]} {name}" for name in AT_MOST_ONCE if count[name] > 1]
    for line in component.lines:
        name, value = line["name"], line["value"]
        if name in TEXTS and not TEXT_VALUE.fullmatch(value):
            found.append(f"not escaped: {line.group()!r}")
        if name in MOMENTS and (line["params"] or not UTC_VALUE.fullmatch(value)):
            found.append(f"not in UTC: {line.group()!r}")
        if name in {"ORGANIZER", "ATTENDEE"} and not BARE_ADDRESS.fullmatch(value):
            found.append(f"no bare mailto: {line.group()!r}")
    return found


def _event_violations(event: Component, method: list[str]) -> list[str]:
    found = []
    invited = event.lines_of("ATTENDEE")
    if len(invited) != (0 if method == ["PUBLISH"] else 1):
        found.append(f"{len(invited)} attendees in {method}")
    for line in invited:
        found += [f"{part} missing: {line!r}" for part in ("PARTSTAT=", "RSVP=TRUE", "ROLE=") if part not in line]
    status = event.values("STATUS")
    if method == ["CANCEL"] and (status != ["CANCELLED"] or event.children or event.values("SEQUENCE") == ["0"]):
        found.append(f"CANCEL with {status}, {len(event.children)} alarms, SEQUENCE {event.values('SEQUENCE')}")
    if method == ["REQUEST"] and (status != ["CONFIRMED"] or len(event.children) != 1):
        found.append(f"REQUEST with {status} and {len(event.children)} alarms")
    if event.values("DTEND") <= event.values("DTSTART"):
        found.append("ends before it starts")
    if any(len(uid.encode()) > 255 or " " in uid for uid in event.values("UID")):
        found.append("UID too long, or with a space")
    if not all(url.startswith(("https://", "http://")) for url in event.values("URL")):
        found.append(f"URL {event.values('URL')}")
    if any(re.search(r"<[a-zA-Z/!?]", text) for text in event.values("DESCRIPTION")):
        found.append("HTML in DESCRIPTION")
    return found
