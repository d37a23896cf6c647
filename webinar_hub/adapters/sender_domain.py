"""What the DNS says of a domain that mails come from, as findings; the records are judged in rules."""

from collections.abc import Callable, Iterator

from webinar_hub.adapters.dns import Dns, DnsTrouble
from webinar_hub.rules import mail_authentication as rules
from webinar_hub.rules.checkup import Finding


def findings(domain: str, selector: str, dns: Callable[[], Dns], remedy: str) -> Iterator[Finding]:
    """SPF, DKIM and DMARC of a domain; where no answer comes there is no verdict, and `remedy` says what to do."""
    name = domain.encode("idna").decode()
    checks: dict[str, Callable[[Dns], Finding]] = {
        "SPF": lambda resolver: rules.spf(name, resolver.texts),
        "DKIM": lambda resolver: rules.dkim(name, selector, resolver.texts),
        "DMARC": lambda resolver: rules.dmarc(name, resolver.texts),
    }
    for check, judge in checks.items():
        try:
            yield judge(dns())
        except DnsTrouble as trouble:
            yield Finding(check, "look", str(trouble), remedy)
