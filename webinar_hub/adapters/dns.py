"""Asks the DNS for TXT records: of the system's resolver, or of one that is named."""

import dns.exception
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT

LIFETIME = 5.0
"""Seconds for one question, all tries together."""


class DnsTrouble(Exception):
    """The DNS gave no answer, which says nothing about the record; the text is in plain words."""


class Dns:
    """A resolver; `server` is an IP address and a port, None means what the system uses."""

    def __init__(self, server: tuple[str, int] | None = None, *, lifetime: float = LIFETIME) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=server is None)
            if server is not None:
                self._resolver.nameservers, self._resolver.port = [server[0]], server[1]
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise DnsTrouble(f"There is no resolver to ask: {error}") from error
        self._lifetime = lifetime

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each joined from its pieces; none where there are none. Raises DnsTrouble."""
        try:
            answer = self._resolver.resolve(name, "TXT", lifetime=self._lifetime, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.Timeout, dns.resolver.LifetimeTimeout) as error:
            raise DnsTrouble(
                f"The DNS did not answer in {self._lifetime:g} seconds when asked for {name}."
            ) from error
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise DnsTrouble(f"The DNS could not say anything about {name} ({type(error).__name__}).") from error
        records = [record for record in answer if isinstance(record, TXT)]
        return [b"".join(record.strings).decode("utf-8", "replace") for record in records]
