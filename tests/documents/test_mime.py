"""The bytes mime.py writes, read back by the standard library and compared with what that would have written."""

import base64
import email
import quopri
import re
from collections.abc import Callable
from email.header import Header, decode_header, make_header
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import default
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.documents import mime

# Characters that a header may have to carry: everything but controls, line ends and lone surrogates.
TRICKY = st.sampled_from('=?_"\\,;:<>@() é漢😀\u200d')
LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")) | TRICKY, max_size=150)
BODY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r") | st.sampled_from("= .\t\n\n"))


def unfolded(header: bytes) -> str:
    """A header's value as RFC 5322 section 2.2.3 reads it."""
    return header.decode("ascii").partition(":")[2].replace("\r\n", "")[1:]


def decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


def parsed(header: bytes) -> EmailMessage:
    message = email.message_from_bytes(header + b"\r\n", policy=default)
    assert not message.defects
    assert len(message) == 1
    return message  # type: ignore[return-value]


def lines_of(content: bytes) -> list[bytes]:
    assert content.isascii()
    assert content.endswith(b"\r\n")
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    return lines


@given(LINE)
def test_any_subject_comes_back_as_it_was(text: str) -> None:
    header = mime.text_header("Subject", text)
    assert max(map(len, lines_of(header))) <= 76
    assert all(line[:1] == b" " for line in lines_of(header)[1:])
    assert decoded(unfolded(header)) == text


@given(LINE.filter(lambda name: name == name.strip()))
def test_any_name_and_its_address_come_back(name: str) -> None:
    header = mime.mailbox_header("To", name, "anna@clinic.example")
    assert max(map(len, lines_of(header))) <= 76
    message = parsed(header)
    assert [address.addr_spec for address in message["To"].addresses] == ["anna@clinic.example"]
    assert not message["To"].defects
    # Not as the library's new parser reads it, which loses blanks between encoded words.
    display_name, address = parseaddr(unfolded(header))
    assert (decoded(display_name), address) == (name, "anna@clinic.example")


@pytest.mark.parametrize("control", ["\r\nBcc: v@y.example", "\n", "\r", "\x00", "\x7f", "\x85", "\u2028"])
def test_a_header_holds_no_control_characters(control: str) -> None:
    for write in (
        lambda: mime.text_header("Subject", f"Hello{control}"),
        lambda: mime.mailbox_header("To", f"Anna{control}", "a@x.example"),
        lambda: mime.mailbox_header("To", "Anna", f"a@x.example{control}"),
        lambda: mime.token_header("Message-ID", f"<a@x.example>{control}"),
    ):
        with pytest.raises(ValueError, match=r"control|address|token"):
            write()


@pytest.mark.parametrize(
    "address",
    ["", "anna", "@x.example", "a@", "a b@x.example", "a@x@y.example", "<a@x.example>", "a@x.example, b@y.example"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        mime.mailbox_header("To", "", address)


def test_a_domain_is_written_as_the_dns_does() -> None:
    assert mime.mailbox_header("To", "", "anna@praxis-grün.example") == b"To: <anna@xn--praxis-grn-ieb.example>\r\n"
    with pytest.raises(ValueError, match="hyphen"):
        mime.mailbox_header("To", "", "anna@-ü-.example")


def test_a_local_part_outside_ascii_stands_in_utf8_as_rfc_6532_says() -> None:
    assert mime.mailbox_header("To", "", "jörg@x.example") == "To: <jörg@x.example>\r\n".encode()


def test_an_ascii_name_stays_readable() -> None:
    header = mime.mailbox_header("To", 'Ann "A." O\\B', "a@x.example")
    assert header == b'To: "Ann \\"A.\\" O\\\\B" <a@x.example>\r\n'


def test_what_only_looks_encoded_is_encoded() -> None:
    header = mime.text_header("Subject", "=?utf-8?q?Bcc?=")
    assert decoded(unfolded(header)) == "=?utf-8?q?Bcc?="


def test_long_tokens_are_folded_between_but_never_cut() -> None:
    header = mime.token_header("List-Unsubscribe", "<https://x.example/" + "a" * 200 + ">", "<https://y.example>")
    assert header == b"List-Unsubscribe: <https://x.example/" + b"a" * 200 + b">\r\n <https://y.example>\r\n"


@given(st.lists(BODY, max_size=5))
def test_quoted_printable_pieces_decode_to_the_text(pieces: list[str]) -> None:
    pieces = [re.sub(r"[ \t]*\n", "\r\n", piece) for piece in pieces]
    encoded = b"".join(mime.quoted_printable(piece) for piece in [*pieces, "\r\n"])
    assert max(map(len, lines_of(encoded))) <= 76
    assert not any(line.endswith((b" ", b"\t")) for line in lines_of(encoded))
    assert quopri.decodestring(encoded) == ("".join(pieces) + "\r\n").encode()


@pytest.mark.parametrize("character", ["a", "é", "=", " ", "😀"])
def test_quoted_printable_lines_keep_to_76_at_every_length(character: str) -> None:
    lengths = range(160)
    texts = [character * length + end for length in lengths for end in ("", ".\r\n")]
    for text in [*texts, *("a" * length + character for length in lengths)]:
        encoded = mime.quoted_printable(text)
        assert not encoded or max(map(len, lines_of(encoded))) <= 76
        assert quopri.decodestring(encoded) == text.encode()


@given(st.binary(max_size=500))
def test_base64_is_what_the_standard_library_writes(content: bytes) -> None:
    assert mime.base64_lines(content) == base64.encodebytes(content).replace(b"\n", b"\r\n")


def our_message(subject: str, text: str, attached: bytes) -> bytes:
    plain = mime.part(
        [b"Content-Type: text/plain; charset=utf-8\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"],
        mime.quoted_printable(text),
    )
    html = plain.replace(b"text/plain", b"text/html", 1)
    file = mime.part(
        [
            b"Content-Type: application/octet-stream\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"MIME-Version: 1.0\r\n",
        ],
        mime.base64_lines(attached),
    )
    inner = mime.multipart("alternative", "=_a", [plain, html])
    return mime.text_header("Subject", subject) + mime.multipart("mixed", "=_m", [inner, file])


def their_message(subject: str, text: str, attached: bytes) -> bytes:
    inner = MIMEMultipart("alternative", _subparts=[MIMEText(text, kind, "utf-8") for kind in ("plain", "html")])
    message = MIMEMultipart("mixed", _subparts=[inner, MIMEApplication(attached)])
    message["Subject"] = Header(subject, "utf-8")  # a str that looks encoded would be taken for encoded
    return message.as_bytes()


@given(LINE.map(str.strip), BODY, st.binary(max_size=200))
def test_a_message_reads_like_the_standard_librarys_own(subject: str, text: str, attached: bytes) -> None:
    def reading(write: Callable[[str, str, bytes], bytes], text: str) -> tuple[object, ...]:
        message = email.message_from_bytes(write(subject, text, attached))
        parts = [part for part in message.walk() if not part.is_multipart()]
        assert not any(part.defects for part in message.walk())
        return (
            decoded(unfolded(b"S: " + message["Subject"].encode().replace(b"\n", b"\r\n"))),
            [part.get_content_type() for part in message.walk()],
            [(part.get_payload(decode=True) or b"").replace(b"\r\n", b"\n") for part in parts[:2]],
            parts[2].get_payload(decode=True),
        )

    text = f"{text}\n"
    assert reading(our_message, text.replace("\n", "\r\n")) == reading(their_message, text)
