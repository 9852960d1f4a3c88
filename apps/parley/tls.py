"""Trust in the TLS of an engine: the system's authorities, or the one that a URL names.

Used by `sql`, `messages`, `bus` and `redis`, each under the option names that the users of its driver know.
"""

import ssl

from parley.configuration import ConfigurationError


def trusting(variable: str, option: str, authority: str | None, *, checks_name: bool = True) -> ssl.SSLContext:
    """A client's context. `authority` is a file in PEM, None for the system's authorities.

    Raises ConfigurationError, which names the variable and the option, for a file that cannot be read or is none.
    """
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError:
        raise ConfigurationError(f"{variable}: {option} names no file with certificates in PEM.") from None
    context.check_hostname = checks_name
    return context
