"""Reads the mail settings that name a provider: postmark://, ses://, mailgun:// and sendgrid://."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from webinar_hub.adapters.mail.providers import Provider
from webinar_hub.adapters.mail.providers import mailgun as mailgun_api
from webinar_hub.adapters.mail.providers import sendgrid as sendgrid_api
from webinar_hub.adapters.mail.providers.mailgun import Mailgun
from webinar_hub.adapters.mail.providers.postmark import ENDPOINT as POSTMARK_ENDPOINT
from webinar_hub.adapters.mail.providers.postmark import Postmark
from webinar_hub.adapters.mail.providers.sendgrid import SendGrid
from webinar_hub.adapters.mail.providers.ses import Ses, endpoint_of
from webinar_hub.adapters.mail.providers.sigv4 import AwsKey

FORMS = {
    "postmark": "postmark://TOKEN@",
    "ses": "ses://KEY:SECRET@eu-central-1",
    "mailgun": "mailgun://KEY@mg.example.org?region=eu",
    "sendgrid": "sendgrid://KEY@",
}

_OPTIONS = {
    "postmark": {"endpoint"},
    "ses": {"endpoint", "configuration_set"},
    "mailgun": {"endpoint", "region"},
    "sendgrid": {"endpoint", "region"},
}

_KEY = re.compile(r"[!-~]{1,500}")
_AWS_REGION = re.compile(r"[a-z]{2,3}(-[a-z]{1,12}){1,3}-[0-9]{1,2}")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_PATH = re.compile(r"[A-Za-z0-9/._~-]*")


def read_provider(parts: SplitResult) -> Provider:
    """The provider that a setting names; ValueError in plain words that repeat nothing of it."""
    if not parts.username or parts.path not in ("", "/") or parts.fragment or parts.port is not None:
        raise _misshapen(parts)
    options = _options(parts)
    key = unquote(parts.username)
    if parts.scheme == "ses":
        return _ses(parts, key, options)
    if parts.password is not None or not _KEY.fullmatch(key):
        raise _misshapen(parts)
    if parts.scheme == "mailgun":
        return _mailgun(parts, key, options)
    if parts.hostname:
        raise _misshapen(parts)
    if parts.scheme == "sendgrid":
        return SendGrid(key, options.get("endpoint") or sendgrid_api.ENDPOINTS[_region(options)])
    return Postmark(key, options.get("endpoint") or POSTMARK_ENDPOINT)


def describe_provider(parts: SplitResult) -> str:
    """The setting written again, with what is secret in it hidden; ValueError like `read_provider`."""
    read_provider(parts)
    who = f"{quote(unquote(parts.username or ''))}:***" if parts.scheme == "ses" else "***"
    options = urlencode(_options(parts), safe=":/[]")
    return f"{parts.scheme}://{who}@{parts.hostname or ''}{'?' if options else ''}{options}"


def _ses(parts: SplitResult, key_id: str, options: dict[str, str]) -> Ses:
    region, secret = parts.hostname or "", unquote(parts.password or "")
    if not (_AWS_REGION.fullmatch(region) and _KEY.fullmatch(secret) and _NAME.fullmatch(key_id)):
        raise _misshapen(parts)
    configuration_set = options.get("configuration_set")
    if configuration_set is not None and not _NAME.fullmatch(configuration_set):
        raise ValueError("In the mail setting configuration_set is a name of letters, digits, - and _")
    key = AwsKey(key_id, secret, region, "ses")
    return Ses(key, options.get("endpoint") or endpoint_of(region), configuration_set)


def _mailgun(parts: SplitResult, key: str, options: dict[str, str]) -> Mailgun:
    if not _DOMAIN.fullmatch(parts.hostname or ""):
        raise _misshapen(parts)
    endpoint = options.get("endpoint") or mailgun_api.ENDPOINTS[_region(options)]
    return Mailgun(key, parts.hostname or "", endpoint)


def _options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    allowed = _OPTIONS[parts.scheme]
    if not options.keys() <= allowed:
        # The unknown word is not repeated: it may be the rest of a key with a question mark in it.
        raise ValueError(f"In this mail setting only {' and '.join(sorted(allowed))} may follow the question mark")
    if "endpoint" in options:
        options["endpoint"] = _endpoint(options["endpoint"])
    return options


def _region(options: dict[str, str]) -> str:
    region = options.get("region", "us")
    if region not in ("us", "eu"):
        raise ValueError("In the mail setting region is us or eu")
    return region


def _endpoint(url: str) -> str:
    """Where the API is instead of at the provider's: encrypted, unless it does not leave this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, SplitResult("", "", "", "", "")
    usable = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if (
        not (usable and _HOST.fullmatch(host) and _PATH.fullmatch(parts.path))
        or parts.username
        or parts.query
        or parts.fragment
    ):
        raise ValueError(
            "In the mail setting endpoint is an https address, or an http one on this machine (http://127.0.0.1:8025)"
        )
    written = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{written}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _misshapen(parts: SplitResult) -> ValueError:
    return ValueError(
        f"The mail setting is not understood. It looks like {FORMS[parts.scheme]}; "
        "characters such as / + ? # @ : in a key are written as %XX"
    )
