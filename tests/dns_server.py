"""A small DNS server on loopback that knows some TXT records, or misbehaves."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Mood = Literal["answers", "fails", "refuses", "is silent", "talks nonsense"]


@contextmanager
def dns_server(records: Mapping[str, Sequence[str]], mood: Mood = "answers") -> Iterator[tuple[str, int]]:
    """Run one; its address and port. A name it does not know does not exist."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(listener, records, mood), daemon=True)
        thread.start()
        yield listener.getsockname()
        listener.sendto(b"", listener.getsockname())
        thread.join(5)


def _serve(listener: socket.socket, records: Mapping[str, Sequence[str]], mood: Mood) -> None:
    while True:
        packet, sender = listener.recvfrom(4096)
        if not packet:
            return
        if mood == "talks nonsense":
            listener.sendto(packet[:2] + b"\xff" * 20, sender)
        elif mood != "is silent":
            listener.sendto(_answer(dns.message.from_wire(packet), records, mood).to_wire(), sender)


def _answer(question: dns.message.Message, records: Mapping[str, Sequence[str]], mood: Mood) -> dns.message.Message:
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    if mood != "answers":
        answer.set_rcode(dns.rcode.SERVFAIL if mood == "fails" else dns.rcode.REFUSED)
        return answer
    name = question.question[0].name
    texts = records.get(name.to_text(omit_final_dot=True))
    if texts is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif texts:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *map(_quoted, texts)))
    return answer


def _quoted(text: str) -> str:
    """A text in pieces of 255 letters, as the DNS carries it."""
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)]
    return " ".join(f'"{piece}"' for piece in pieces)
