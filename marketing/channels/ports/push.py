"""Web Push to the browsers a member allowed: any of them that takes it is enough."""

import json

from mall.core.outside import calls
from marketing.channels import web_push
from marketing.channels.ports import Refused, Silent
from marketing.models import PushDevice

GONE = (404, 410)
TTL_SECONDS = 86_400


def send(member, news):
    """See ``ports.Port``. Browsers that are gone are forgotten."""
    said = {"title": news.title[:80], "body": news.text[:300], "url": news.url}
    content = json.dumps(said, ensure_ascii=False).encode()
    devices = list(PushDevice.objects.filter(user=member))
    outcomes = [_say(device, content) for device in devices]
    gone = [one.pk for one, how in zip(devices, outcomes, strict=True) if how.status in GONE]
    PushDevice.objects.filter(pk__in=gone).delete()
    if any(how.is_taken for how in outcomes):
        return
    if any(how.status is None or how.status in (429, 500, 502, 503) for how in outcomes):
        raise Silent("push")
    raise Refused("no browser takes it")


def _say(device, content) -> calls.Outcome:
    body = web_push.encrypt(content, public_key=device.public_key, auth=device.auth)
    headers = {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Authorization": web_push.authorization(device.address),
    }
    return calls.post(device.address, body, headers)
