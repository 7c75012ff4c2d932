"""Text messages through an HTTP gateway: one request a message, declared in the settings (rules.md 7.3, OTP).

No error, log line or repr names the number, the text or the secret. A message is sent once: two would be two codes.
"""

import ipaddress
from dataclasses import dataclass, field

from services.errors import BadInput, Refused, Unavailable, Unusable

_NUMBER = r"\+[1-9][0-9]{6,14}"
_LARGEST = 65_536


@dataclass(frozen=True, slots=True)
class TextGateway:
    """Where messages go. `to` and `text` name the fields of the JSON body, `fields` more of them as they are.

    The secret goes as a bearer token, or in the header that `header` names. `url` is https, or this machine.
    """

    url: str
    sender: str = ""
    to: str = "to"
    text: str = "text"
    sender_field: str = "from"
    header: str = ""
    secret: str = field(default="", repr=False)
    timeout_seconds: float = 10

    def send(self, number: str, text: str, message: str) -> None:
        """Hand `text` for `number` (E.164) to the gateway; `message` is an id by which it may know a repeat.

        Raises `BadInput` for a number that is none, `Refused` where the gateway says no, `Unavailable` where it is
        away or too slow, `Unusable` where it cannot be trusted.
        """
        import re

        import httpx  # a worker's alone, and only when a message leaves

        if not re.fullmatch(_NUMBER, number):
            raise BadInput("the number on file is no telephone number", kept="nothing was sent")
        self._must_be_safe(httpx.URL(self.url))
        body = {self.to: number, self.text: text, **({self.sender_field: self.sender} if self.sender else {})}
        headers = {"Idempotency-Key": message, "User-Agent": "rightsdesk"}
        if self.secret:
            headers[self.header or "Authorization"] = self.secret if self.header else f"Bearer {self.secret}"
        try:
            with httpx.Client(timeout=self.timeout_seconds, trust_env=False, follow_redirects=False) as client:
                status = client.post(self.url, json=body, headers=headers).status_code
        except httpx.TimeoutException:
            raise Unavailable("the text gateway is too slow", kept="nothing is known of the message") from None
        except httpx.TransportError:
            raise Unavailable("the text gateway does not answer", kept="nothing was sent") from None
        _judge(status)

    def _must_be_safe(self, url: object) -> None:
        scheme, host = getattr(url, "scheme", ""), getattr(url, "host", "")
        if scheme != "https" and not (scheme == "http" and _here(host)):
            raise Unusable("the text gateway must be reached by https: http would send codes in clear")


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status in (401, 403):
        raise Unusable(f"the text gateway does not take our secret (code {status})", next_key="tell an operator")
    if status in (408, 429) or status >= 500:
        raise Unavailable(f"the text gateway is busy (code {status})", kept="nothing was sent")
    raise Refused(f"the text gateway does not take the message (code {status})")
