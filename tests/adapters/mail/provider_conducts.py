"""Postmark, Amazon SES, Mailgun and SendGrid as their documentation has them, as strict as it is."""

import json
import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from mail_samples import CONTENT
from provider_server import Call, Conduct, Rejected, Reply

from webinar_hub.adapters.mail.providers import Provider
from webinar_hub.adapters.mail.providers.mailgun import Mailgun
from webinar_hub.adapters.mail.providers.postmark import Postmark
from webinar_hub.adapters.mail.providers.sendgrid import SendGrid
from webinar_hub.adapters.mail.providers.ses import Ses
from webinar_hub.adapters.mail.providers.sigv4 import AwsKey

MEGABYTE = 1024 * 1024
ADDRESS = re.compile(r"[a-z0-9.!#$%&'`*+\-/=^_{}|~]+@([a-z0-9-]+\.)+[a-z0-9-]+", re.IGNORECASE)
POSTMARK_FIELDS = {
    "From": str, "To": str, "Cc": str, "Bcc": str, "Subject": str, "Tag": str, "HtmlBody": str, "TextBody": str,
    "ReplyTo": str, "Metadata": dict, "Headers": list, "TrackOpens": bool, "TrackLinks": str,
    "Attachments": list, "MessageStream": str,
}  # fmt: skip
SENDGRID_FIELDS = {
    "personalizations": list, "from": dict, "reply_to": dict, "subject": str, "content": list,
    "attachments": list, "headers": dict, "custom_args": dict, "tracking_settings": dict,
}  # fmt: skip
SENDGRID_RESERVED = frozenset(
    {
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
        *("to", "from", "subject", "reply-to", "cc", "bcc"),
    }
)
TEXT = ".leading dot\n..two\nwhole\n"
"""The text of CONTENT."""


def read_json(call: Call, no: Rejected) -> dict[str, Any]:
    if call.headers.get_content_type() != "application/json":
        raise no
    try:
        return dict(json.loads(call.body))
    except ValueError:
        raise no from None


class PostmarkConduct(Conduct):
    """https://postmarkapp.com/developer/api/email-api"""

    def provider(self, url: str) -> Provider:
        return Postmark(self.key, url)

    def setting(self, url: str) -> str:
        return f"postmark://{quote(self.key, safe='')}@?endpoint={url}"

    def no(self, status: int, code: int, words: str) -> Rejected:
        return Rejected(status, {"ErrorCode": code, "Message": words})

    def said_no(self, words: str) -> Reply:
        return self.no(422, 406, words).reply

    def answer(self, call: Call) -> Reply:
        if call.headers["X-Postmark-Server-Token"] != self.key:
            raise self.no(401, 10, "No Account or Server API tokens were supplied in the HTTP headers.")
        assert call.headers["Accept"] == "application/json"
        if (call.method, call.path) == ("GET", "/server"):
            return Reply(200, {"ID": 1, "Name": "Staging Testing"})
        assert (call.method, call.path) == ("POST", "/email")
        mail = read_json(call, self.no(422, 402, "Received invalid JSON input."))
        self.check(mail, len(call.body))
        self.taken.append(mail)
        number = f"b7bc2f4a-e38e-4336-af7d-{len(self.taken):012}"
        return Reply(200, {"To": mail["To"], "MessageID": number, "ErrorCode": 0, "Message": "OK"})

    def check(self, mail: dict[str, Any], size: int) -> None:
        for name, value in mail.items():
            if not isinstance(value, POSTMARK_FIELDS.get(name, type(None))):
                raise self.no(422, 403, f"{name} is not usable")
        for name in ("From", "To"):
            if not ADDRESS.fullmatch(parseaddr(mail.get(name, ""))[1]):
                raise self.no(422, 300, f"Invalid '{name}' address: '{mail.get(name)}'.")
        if not (mail.get("HtmlBody") or mail.get("TextBody")):
            raise self.no(422, 300, "Provide either email TextBody or HtmlBody or both.")
        longest = max(len(mail.get(name, "").encode()) for name in ("HtmlBody", "TextBody"))
        if size > 10 * MEGABYTE or longest > 5 * MEGABYTE:
            raise self.no(413, 300, "Payload too large.")
        self.check_extras(mail)

    def check_extras(self, mail: dict[str, Any]) -> None:
        for name, value in mail.get("Metadata", {}).items():
            if not (len(name) <= 20 and isinstance(value, str) and len(value) <= 80):
                raise self.no(422, 300, "Metadata is too long")
        for header in mail.get("Headers", []):
            assert header.keys() == {"Name", "Value"}
            if header["Name"].lower() in ("from", "to", "subject", "reply-to", "date") or "\n" in header["Value"]:
                raise self.no(422, 300, f"Header '{header['Name']}' not allowed.")
        for attachment in mail.get("Attachments", []):
            assert attachment.keys() - {"ContentID", "Disposition"} == {"Name", "Content", "ContentType"}
            b64decode(attachment["Content"], validate=True)

    def delivered(self) -> list[bytes]:
        return [CONTENT for mail in self.taken if (mail["Subject"], mail["TextBody"]) == ("Grüße", TEXT)]

    def key_of(self, number: int) -> str:
        return str(self.taken[number]["Metadata"]["delivery"])


class SendGridConduct(Conduct):
    """https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send, and /errors beside it"""

    def provider(self, url: str) -> Provider:
        return SendGrid(self.key, url)

    def setting(self, url: str) -> str:
        return f"sendgrid://{quote(self.key, safe='')}@?endpoint={url}"

    def no(self, status: int, words: str) -> Rejected:
        return Rejected(status, {"errors": [{"message": words, "field": None, "help": None}]})

    def said_no(self, words: str) -> Reply:
        return self.no(400, words).reply

    def answer(self, call: Call) -> Reply:
        if call.headers["Authorization"] != f"Bearer {self.key}":
            raise self.no(401, "The provided authorization grant is invalid, expired, or revoked")
        if (call.method, call.path) == ("GET", "/v3/scopes"):
            return Reply(200, {"scopes": ["mail.send", "user.profile.read"]})
        assert (call.method, call.path) == ("POST", "/v3/mail/send")
        mail = read_json(call, self.no(400, "Bad Request"))
        self.check(mail, len(call.body))
        self.taken.append(mail)
        return Reply(202, "", {"X-Message-Id": f"14c5d75ce93.dfd.64b469.{len(self.taken)}"})

    def check(self, mail: dict[str, Any], size: int) -> None:
        for name, value in mail.items():
            if not isinstance(value, SENDGRID_FIELDS.get(name, type(None))):
                raise self.no(400, f"{name} is not usable")
        if size > 30 * MEGABYTE:
            raise self.no(413, "The payload is too large")
        (person,) = [to for block in mail["personalizations"] for to in block["to"]]
        for mailbox in (person, mail["from"], *([mail["reply_to"]] if "reply_to" in mail else [])):
            if not ADDRESS.fullmatch(mailbox["email"]) or mailbox.keys() - {"email", "name"}:
                raise self.no(400, "Does not contain a valid address.")
        self.check_content(mail)
        self.check_extras(mail)

    def check_content(self, mail: dict[str, Any]) -> None:
        types = [part["type"] for part in mail["content"]]
        order = [kind for kind in ("text/plain", "text/html") if kind in types]
        if types[: len(order)] != order:
            raise self.no(400, "If present, text/plain and text/html must be first, in that order.")
        if not mail["subject"] or not all(part["value"] for part in mail["content"]):
            raise self.no(400, "The subject is required, and the content must not be empty.")

    def check_extras(self, mail: dict[str, Any]) -> None:
        for name, value in mail["headers"].items():
            if name.lower() in SENDGRID_RESERVED or not (value.isascii() and value.isprintable()):
                raise self.no(400, f"The header {name} is not allowed")
        if not all(isinstance(value, str) for value in mail["custom_args"].values()):
            raise self.no(400, "custom_args are strings")
        for attachment in mail.get("attachments", []):
            b64decode(attachment["content"], validate=True)
            if re.search("[;\r\n]", attachment["type"]) or not attachment["filename"]:
                raise self.no(400, "The attachment type cannot contain ';' or CRLF characters.")

    def delivered(self) -> list[bytes]:
        wanted = ("Grüße", [{"type": "text/plain", "value": TEXT}])
        return [CONTENT for mail in self.taken if (mail["subject"], mail["content"]) == wanted]

    def key_of(self, number: int) -> str:
        return str(self.taken[number]["custom_args"]["delivery"])


class MailgunConduct(Conduct):
    """https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages"""

    domain = "mg.example.org"

    def provider(self, url: str) -> Provider:
        return Mailgun(self.key, self.domain, url)

    def setting(self, url: str) -> str:
        return f"mailgun://{quote(self.key, safe='')}@{self.domain}?endpoint={url}"

    def said_no(self, words: str) -> Reply:
        return Reply(400, {"message": words})

    def answer(self, call: Call) -> Reply:
        if call.headers["Authorization"] != "Basic " + b64encode(f"api:{self.key}".encode()).decode():
            return Reply(401, "Forbidden", {"Content-Type": "text/plain"})
        if (call.method, call.path) == ("GET", f"/v4/domains/{self.domain}"):
            return Reply(200, {"domain": {"name": self.domain, "state": "active"}})
        assert (call.method, call.path) == ("POST", f"/v3/{self.domain}/messages.mime")
        if len(call.body) > 25 * MEGABYTE:
            raise Rejected(413, "<html>413 Request Entity Too Large</html>")
        form = self.read_form(call)
        if form.keys() != {"to", "message", "v:delivery", "o:tracking", "o:tracking-clicks", "o:tracking-opens"}:
            raise Rejected(400, {"message": f"unknown or missing parameters: {sorted(form)}"})
        if not ADDRESS.fullmatch(form["to"].decode()):
            raise Rejected(400, {"message": "to parameter is not a valid address. please check documentation"})
        self.taken.append(form)
        number = message_from_bytes(form["message"])["Message-ID"] or f"<{len(self.taken)}@{self.domain}>"
        return Reply(200, {"id": number, "message": "Queued. Thank you."})

    def read_form(self, call: Call) -> dict[str, bytes]:
        """The form taken apart by hand: a parser of mails would not keep the message byte for byte."""
        assert call.headers.get_content_type() == "multipart/form-data"
        boundary = f"--{call.headers.get_boundary()}".encode()
        form = {}
        for part in (b"\r\n" + call.body).split(b"\r\n" + boundary)[1:-1]:
            head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            headers: Message[str, str] = message_from_bytes(head + b"\r\n\r\n")
            name = str(headers.get_param("name", header="content-disposition"))
            assert name not in form
            assert (headers.get_param("filename", header="content-disposition") is not None) == (name == "message")
            form[name] = content
        return form

    def delivered(self) -> list[bytes]:
        return [form["message"] for form in self.taken]

    def key_of(self, number: int) -> str:
        return str(self.taken[number]["v:delivery"].decode())


class SesConduct(Conduct):
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html; signatures by Amazon's own code"""

    key_id = "AKIAIOSFODNN7EXAMPLE"
    region = "eu-central-1"

    def provider(self, url: str) -> Provider:
        return Ses(AwsKey(self.key_id, self.key, self.region, "ses"), url, "hub")

    def setting(self, url: str) -> str:
        secret = quote(self.key, safe="")
        return f"ses://{self.key_id}:{secret}@{self.region}?configuration_set=hub&endpoint={url}"

    def no(self, status: int, kind: str, words: str) -> Rejected:
        no = Rejected(status, {"message": words})
        no.reply = no.reply._replace(headers={"x-amzn-ErrorType": f"{kind}:http://internal.amazon.com/coral/"})
        return no

    def said_no(self, words: str) -> Reply:
        return self.no(400, "MessageRejected", words).reply

    def answer(self, call: Call) -> Reply:
        self.check_signature(call)
        if (call.method, call.path) == ("GET", "/v2/email/account"):
            return Reply(200, {"SendingEnabled": True, "ProductionAccessEnabled": True})
        assert (call.method, call.path) == ("POST", "/v2/email/outbound-emails")
        mail = read_json(call, self.no(400, "BadRequestException", "no JSON"))
        if mail.keys() - {"ConfigurationSetName", "FromEmailAddress", "EmailTags"} != {"Destination", "Content"}:
            raise self.no(400, "BadRequestException", f"unknown or missing members: {sorted(mail)}")
        assert mail["Destination"].keys() == {"ToAddresses"}
        assert mail["Content"].keys() == {"Raw"}
        content = b64decode(mail["Content"]["Raw"]["Data"], validate=True)
        (recipient,) = mail["Destination"]["ToAddresses"]
        if not ADDRESS.fullmatch(recipient):
            raise self.no(400, "BadRequestException", "Local address contains control or whitespace")
        if len(call.body) > 40 * MEGABYTE:
            raise self.no(400, "BadRequestException", "Message length is too long")
        if message_from_bytes(content)["From"] is None:
            raise self.no(400, "BadRequestException", "Missing required header 'From'.")
        self.taken.append(content)
        return Reply(200, {"MessageId": f"0107018f-{len(self.taken):04}-000000"})

    def check_signature(self, call: Call) -> None:
        given = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/\S+, SignedHeaders=(\S+), Signature=(\w{64})",
            call.headers["Authorization"] or "",
        )
        if not given:
            raise self.no(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        stamp = datetime.strptime(call.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - stamp) > timedelta(minutes=5):
            raise self.no(403, "InvalidSignatureException", "Signature expired")
        names = given[2].split(";")
        assert {"host", "x-amz-date"} <= set(names)
        url = f"http://{call.headers['Host']}{call.path}"
        request = AWSRequest(call.method, url, {name: call.headers[name] for name in names}, call.body)
        request.context["timestamp"] = call.headers["X-Amz-Date"]
        judge = SigV4Auth(Credentials(self.key_id, self.key), "ses", self.region)
        right = judge.signature(judge.string_to_sign(request, judge.canonical_request(request)), request)
        if (given[1], given[3]) != (self.key_id, right):
            raise self.no(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")

    def delivered(self) -> list[bytes]:
        return list(self.taken)

    def key_of(self, number: int) -> str:
        return str(message_from_bytes(self.taken[number])["X-Entity-Ref-ID"])


CONDUCTS = {
    "postmark": PostmarkConduct,
    "ses": SesConduct,
    "mailgun": MailgunConduct,
    "sendgrid": SendGridConduct,
}
