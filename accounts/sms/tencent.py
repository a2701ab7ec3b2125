"""Messages by Tencent Cloud SMS (tencentcloud-sdk-python-sms, API 2021-01-11).

The template of codes has two places: {1} the code, {2} for how many minutes it is good.
"""

import logging
from functools import lru_cache

import structlog
from django.conf import settings
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from accounts.sms import MessageRefused, MessengerSilent
from mall.core import phones

TIMEOUT_SECONDS = 5
REGION = "ap-guangzhou"
SENT = "Ok"
# What is about this one number; anything else is about us or them (no credit, a wrong signature).
ABOUT_THE_NUMBER = (
    "LimitExceeded.PhoneNumber",
    "FailedOperation.PhoneNumberInBlacklist",
    "InvalidParameterValue.IncorrectPhoneNumber",
    "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
)
log = structlog.get_logger(__name__)
# Its debugging lines (3.1.195) hold whole requests, the number and the code in them.
logging.getLogger("tencentcloud_sdk_common").setLevel(logging.WARNING)


def send_code(number, code, *, minutes):
    """See ``accounts.sms.Provider``."""
    _send(number, settings.SMS_TENCENT["template"], [code, str(minutes)])


def send_notice(number, title):
    """See ``accounts.sms.Provider``. The template has one place: {1} the title."""
    _send(number, settings.SMS_TENCENT["notice_template"], [title])


def offers_notices():
    """See ``accounts.sms.Provider``."""
    return bool(settings.SMS_TENCENT.get("notice_template"))


def _send(number, template, words):
    account = settings.SMS_TENCENT
    request = SendSmsRequest()
    request.SmsSdkAppId = account["app_id"]
    request.SignName = account["sign"]
    request.TemplateId = template
    request.TemplateParamSet = words
    request.PhoneNumberSet = [phones.international(number)]
    try:
        answer = _client_of(tuple(sorted(account.items()))).SendSms(request)
        said = answer.SendStatusSet[0].Code
    except TencentCloudSDKException as error:
        said = str(error.get_code())
    except Exception as error:  # requests' own, an answer of another shape: none of it is a 500
        log.error("message_not_sent", reason=type(error).__name__)
        raise MessengerSilent from error
    if said == SENT:
        return
    log.error("message_not_sent", reason=said)
    raise (MessageRefused if said.startswith(ABOUT_THE_NUMBER) else MessengerSilent)


@lru_cache(maxsize=4)
def _client_of(account):
    """Return a client; building one asks nobody."""
    account = dict(account)
    scheme, _, endpoint = account["url"].partition("://")
    http = HttpProfile(protocol=scheme, endpoint=endpoint, reqTimeout=TIMEOUT_SECONDS)
    credential = Credential(account["secret_id"], account["secret_key"])
    return SmsClient(credential, REGION, ClientProfile(httpProfile=http))
