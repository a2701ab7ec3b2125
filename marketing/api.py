"""The API of marketing: what its rooms offer."""

from marketing import event_api, share_api
from marketing.badges import api as badge_api
from marketing.campaigns import api as campaign_api
from marketing.channels import api as channel_api
from marketing.checkin import api as checkin_api
from marketing.draws import api as draw_api
from marketing.leaderboard import api as board_api
from marketing.missions import api as mission_api
from marketing.notices import api as notice_api
from marketing.recommendations import api as suggestion_api
from marketing.referral import api as referral_api
from marketing.referral import staff_api as referral_staff_api
from marketing.webhooks import api as webhook_api
from marketing.wishes import api as wish_api
from marketing.years import api as year_api

urlpatterns = [
    *campaign_api.urlpatterns,
    *checkin_api.urlpatterns,
    *notice_api.urlpatterns,
    *channel_api.urlpatterns,
    *mission_api.urlpatterns,
    *board_api.urlpatterns,
    *badge_api.urlpatterns,
    *year_api.urlpatterns,
    *draw_api.urlpatterns,
    *share_api.urlpatterns,
    *event_api.urlpatterns,
    *suggestion_api.urlpatterns,
    *wish_api.urlpatterns,
    *referral_api.urlpatterns,
    *referral_staff_api.urlpatterns,
    *webhook_api.urlpatterns,
]
