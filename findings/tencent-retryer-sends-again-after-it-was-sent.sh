#!/usr/bin/env bash
# tencentcloud-sdk-python-common and -sms 3.1.153 (what sends codes by SMS); no network: an adapter
# of requests, which the SDK stands on, loses the first connection and takes every later message.
#
# client_profile.retryer = StandardRetryer(max_attempts=5) is the SDK's own way to survive a lost
# connection. Most expect the second, successful attempt to be the last. But the retryer keeps the
# error of the first attempt and asks it again after each later one, so it goes on until its
# attempts are used up: one lost connection, four messages to the member (each is paid for), and at
# the end the first error is raised although all of them were sent. Whoever tries again on that
# error sends four more. Without a lost connection all is well, so no test with a server that
# answers finds it. The default (NoopRetryer) does not retry.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d /tmp/again.XXXX)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check tencentcloud-sdk-python-common==3.1.153 tencentcloud-sdk-python-sms==3.1.153

cat > "$work/try.py" <<'PY'
import json
import sys

from requests.adapters import BaseAdapter
from requests.exceptions import ConnectionError as LinkLost
from requests.models import Response
from requests.sessions import Session
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.retry import StandardRetryer
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

ATTEMPTS = 5


class Tencent(BaseAdapter):
    """Loses the first connections and takes every message after that."""

    def __init__(self, lost):
        super().__init__()
        self.lost, self.sent = lost, 0

    def send(self, request, **_words):
        if self.lost:
            self.lost -= 1
            raise LinkLost("the connection was reset")
        self.sent += 1
        answer = Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url
        said = {"Response": {"SendStatusSet": [{"Code": "Ok"}], "RequestId": str(self.sent)}}
        answer._content = json.dumps(said).encode()
        return answer

    def close(self):
        """Nothing is open."""


def sent_with(lost):
    """Return how many messages one SendSms sent, and what its caller is told."""
    tencent, profile = Tencent(lost), ClientProfile()
    Session.get_adapter = lambda self, url: tencent
    profile.retryer = StandardRetryer(max_attempts=ATTEMPTS, backoff_fn=lambda tried: 0)
    request = SendSmsRequest()
    request.SmsSdkAppId, request.SignName, request.TemplateId = "1400000000", "Mall", "1000000"
    request.PhoneNumberSet, request.TemplateParamSet = ["+8613800000000"], ["123456"]
    client = SmsClient(Credential("id", "key"), "ap-guangzhou", profile)
    try:
        told = client.SendSms(request).SendStatusSet[0].Code
    except TencentCloudSDKException as error:
        told = error.get_code()
    print(f"{lost} connections lost: {tencent.sent} messages sent, the caller is told {told}")
    return tencent.sent, told


sys.exit(not (sent_with(0) == (1, "Ok") and sent_with(1) == (4, "ClientNetworkError")))
PY
"$work/venv/bin/python" "$work/try.py"
