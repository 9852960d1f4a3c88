"""Mail for a laptop: one line per code on standard output, where the developer is looking already."""

from parley.email_worker.model import Mail
from parley.email_worker.ports import Accepted


class ConsoleMail:
    """Prints instead of mailing."""

    async def send(self, mail: Mail) -> Accepted:
        """See the port; always accepted."""
        print(f"sign-in code for {mail.to}: {mail.code} (valid 3 minutes)", flush=True)
        return Accepted()
