"""What DNS says about a domain."""

import dns.exception
import dns.resolver

SECONDS = 5.0


def txt_records(*, name: str) -> list[str] | None:
    """Return the TXT records of the name, none where there are none; None where nobody answers in time."""
    resolver = dns.resolver.Resolver()
    resolver.lifetime = SECONDS
    try:
        answer = resolver.resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]
