"""Two-step sign-in asks for a confirmed e-mail, and says where to confirm it."""

import pytest

from accounts.registration import register
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("verified", "shown"), [(False, True), (True, False)])
def test_second_factor_when_the_email_is_unconfirmed_then_a_link_leads_there(client, verified, shown):
    client.force_login(register("xiaoming", "xiaoming@example.com", PASSWORD, email_verified=verified))
    client.cookies["mall_language"] = "en"

    page = client.get("/accounts/2fa/", follow=True).text

    assert ('href="/accounts/email/">Confirm my e-mail' in page) is shown
