"""Asks the server on this machine whether it is ready: `python -m delphi.probe [PORT]`, exit 0 or 1."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def ready(port: int, base_url: str) -> bool:
    """Whether /readyz answers 200 on 127.0.0.1, asked under the name that people use."""
    url = urlsplit(base_url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    try:
        connection.request("GET", "/readyz", headers={"Host": url.netloc, "X-Forwarded-Proto": url.scheme})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Exit code of the probe."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT") or "8000"
    port = int(given)
    return 0 if ready(port, os.environ.get("DELPHI_BASE_URL") or f"http://127.0.0.1:{port}") else 1


if __name__ == "__main__":
    sys.exit(main())
