"""Addresses of the order pages."""

from django.urls import path

from orders import checkout_views, views
from orders.basket import seen_views
from orders.basket import views as basket_views
from orders.coupons import views as coupon_views
from orders.flash import lottery_views
from orders.flash import views as flash_views
from orders.payments import views as payment_views
from orders.refunds import views as refund_views
from orders.reviews import views as review_views

app_name = "orders"
urlpatterns = [
    path("orders/new/", checkout_views.new, name="new"),
    path("cart/", basket_views.basket, name="basket"),
    path("cart/lines/", basket_views.add, name="basket_add"),
    path("cart/lines/<int:sku>/", basket_views.change, name="basket_line"),
    path("cart/pieces/", basket_views.pieces, name="basket_pieces"),
    path("orders/<str:no>/basket/", basket_views.buy_again, name="buy_again"),
    path("recently-seen/", seen_views.recently_seen, name="seen"),
    path("coupons/", coupon_views.coupons, name="coupons"),
    path("coupons/<int:template>/purchase/", coupon_views.purchase, name="coupon_purchase"),
    path("flash/", flash_views.sessions, name="flash"),
    path("flash/<int:item_id>/", flash_views.item, name="flash_item"),
    path("flash/<int:item_id>/registration/", lottery_views.register, name="flash_register"),
    path("flash/<int:item_id>/withdrawal/", lottery_views.withdraw, name="flash_withdraw"),
    path("flash/<int:item_id>/lots.json", lottery_views.lots_file, name="flash_lots"),
    path("flash/<int:item_id>/standing/", flash_views.standing, name="flash_standing"),
    path("flash/sessions/<int:session_id>/reminder/", flash_views.reminder, name="flash_reminder"),
    path("orders/", views.order_list, name="list"),
    path("orders/<str:no>/", views.detail, name="detail"),
    path("orders/<str:no>/pay/", payment_views.pay, name="pay"),
    path("orders/<str:no>/pay/<str:payment_no>/", payment_views.paying, name="paying"),
    path("orders/<str:no>/pay/<str:payment_no>/code.svg", payment_views.code, name="pay_code"),
    path("orders/<str:no>/cancellation/", views.cancel, name="cancel"),
    path("orders/<str:no>/receipt/", views.receipt, name="receipt"),
    path("orders/<str:no>/refunds/", refund_views.refunds, name="refunds"),
    path(
        "orders/<str:no>/refunds/<int:number>/withdrawal/",
        refund_views.withdraw,
        name="refund_withdraw",
    ),
    path("orders/<str:no>/codes/", refund_views.codes, name="codes"),
    path("orders/<str:no>/reviews/<int:line>/", review_views.write, name="review"),
    path("reviews/", review_views.own, name="reviews"),
    path("reviews/<int:pk>/", review_views.edit, name="review_edit"),
    path("reviews/<int:pk>/removal/", review_views.remove, name="review_remove"),
    path("sandbox/pay/<str:no>/", payment_views.sandbox_pay, name="sandbox_pay"),
]
