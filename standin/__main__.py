"""`python -m standin --port 8002 --home var/standin`"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from standin.app import create_app
from standin.server import make


def main() -> int:
    arguments = _arguments()
    secrets = [secret for secret in arguments.webhook_secrets.split(",") if secret]
    app = create_app(
        arguments.home,
        api_key=arguments.key,
        webhook_secrets=secrets,
        webhook_url=arguments.webhook_url,
        public_url=arguments.url,
    )
    server = make(app, arguments.host, arguments.port)

    def stop(*_: object) -> None:
        # `shutdown` waits for the loop that this handler interrupts.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Stripe stand-in at http://{arguments.host}:{server.port}: takes no real money", file=sys.stderr, flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    app.close()
    return 0


def _home() -> Path | None:
    home = os.environ.get("DUEWELL_HOME")
    return Path(home, "standin") if home else None


def _webhook_url() -> str:
    """The product on this machine, whatever its address from outside."""
    port = os.environ.get("DUEWELL_PORT")
    told = os.environ.get("DUEWELL_STRIPE_WEBHOOK_URL", "")
    return told or (f"http://127.0.0.1:{port}/webhooks/stripe" if port else "")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("standin", description="A stand-in for Stripe. It takes no real money.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--home", type=Path, default=_home(), help="the folder of its books")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--url", default="", help="where browsers find it, if not at http://HOST:PORT")
    parser.add_argument("--key", default=os.environ.get("DUEWELL_STRIPE_KEY") or "sk_test_standin")
    parser.add_argument("--webhook-secrets", default=os.environ.get("DUEWELL_STRIPE_WEBHOOK_SECRETS", ""))
    parser.add_argument("--webhook-url", default=_webhook_url())
    arguments = parser.parse_args()
    if not arguments.home:
        parser.error("Say --home, or set DUEWELL_HOME.")
    if arguments.webhook_url and not arguments.webhook_secrets:
        parser.error("Webhooks are signed: say --webhook-secrets, or set DUEWELL_STRIPE_WEBHOOK_SECRETS.")
    if not arguments.key.startswith("sk_test_"):
        parser.error("The key must be one of test mode: sk_test_…")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
