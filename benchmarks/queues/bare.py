"""smtplib with ready-made bytes, nothing else: `python -m benchmarks.queues.bare <connections> <mails>`."""

import os
import smtplib
import sys
import threading
from pathlib import Path

from benchmarks.queues.mail import SENDER


def _send(mails: int, content: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_PORT"])) as server:
        for _ in range(mails):
            server.sendmail(SENDER, ["person@example.net"], content)


def main() -> None:
    """Send so many mails on so many connections, a thread each."""
    connections, mails = int(sys.argv[1]), int(sys.argv[2])
    content = Path(os.environ["BENCH_FOLDER"], "mail.eml").read_bytes()
    threads = [threading.Thread(target=_send, args=(mails // connections, content)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
