"""The pages of marketing, room by room."""

from django.urls import path

from marketing import share_views, views
from marketing.badges import views as badge_views
from marketing.checkin import views as checkin_views
from marketing.draws import views as draw_views
from marketing.leaderboard import views as board_views
from marketing.missions import views as mission_views
from marketing.notices import views as notice_views
from marketing.recommendations import views as suggestions
from marketing.referral import views as referral_views
from marketing.wishes import views as wish_views
from marketing.years import views as year_views

app_name = "marketing"
urlpatterns = [
    path("", views.home, name="home"),
    path("checkin/", checkin_views.show, name="checkin"),
    path("checkin/make-up/", checkin_views.mend, name="make-up"),
    path("missions/", mission_views.show, name="missions"),
    path("missions/<slug:code>/claim/", mission_views.claim, name="claim"),
    path("draws/", draw_views.listed, name="draws"),
    path("draws/<slug:code>/", draw_views.show, name="draw"),
    path("draws/<slug:code>/tickets/", draw_views.draw, name="draw_ticket"),
    path("draws/<slug:code>/tickets/<int:number>/", draw_views.claim, name="draw_claim"),
    path("draws/<slug:code>/proof.json", draw_views.proof_file, name="draw_proof"),
    path("share/", share_views.share, name="share"),
    path("leaderboard/", board_views.show, name="leaderboard"),
    path("leaderboard/participation/", board_views.take_part, name="take_part"),
    path("badges/", badge_views.show, name="badges"),
    path("year/", year_views.newest, name="years"),
    path("year/<int:year>/", year_views.show, name="year"),
    path("year/<int:year>/link/", year_views.share, name="year_share"),
    path("year/<int:year>/picture.png", year_views.own_picture, name="year_picture"),
    path("y/<str:token>/", year_views.shared, name="year_shared"),
    path("y/<str:token>/picture.png", year_views.shared_picture, name="year_shared_picture"),
    path("referral/", referral_views.show, name="referral"),
    path("referral/code.png", referral_views.picture, name="referral_picture"),
    path("s/<str:token>/", share_views.landing, name="landing"),
    path("recommendations/", suggestions.both, name="recommendations"),
    path("products/<int:product_id>/together/", suggestions.together, name="together"),
    path("wishlist/", wish_views.wishlist, name="wishlist"),
    path("wishlist/goal/", wish_views.goal_piece, name="goal"),
    path("wishlist/<int:product_id>/", wish_views.of_product, name="wish"),
    path("inbox/", notice_views.inbox, name="inbox"),
    path("account/notifications/", notice_views.choose, name="preferences"),
    path("account/notifications/device/", notice_views.push_device, name="push-device"),
    path("unsubscribe/<str:token>/", notice_views.unsubscribe, name="unsubscribe"),
]
