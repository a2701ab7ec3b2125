"""The redemption and what belongs to it: order, lines, events; payments, notices, refunds; the
checkout policy.

Who writes what: rows are made by orders/checkout.py, ``Order.status`` is changed by
orders/lifecycle.py only, payments and their notices by orders/payments/cash_in.py only, refund
requests by orders/refunds/requests.py and parcels by orders/shipping.py. Amounts: points are whole
numbers, cash is yuan with two places, a rate is points per yuan.
"""

from orders.models.basket import BasketLine, SeenGoods, StockAlert, Wish
from orders.models.bill import BillDifference, PaymentBill
from orders.models.carrier import Carrier
from orders.models.coupon import Coupon, CouponCode, CouponGrant
from orders.models.coupon_goods import CouponGoods
from orders.models.coupon_template import CouponTemplate
from orders.models.dispatch import DispatchFile, ExportChoice, OrderNote
from orders.models.event import OrderEvent
from orders.models.flash import FlashClaim, FlashItem, FlashReminder, FlashSession
from orders.models.line import OrderLine
from orders.models.lottery import Lottery, Registration
from orders.models.order import Order
from orders.models.payment import Payment, PaymentNotice, PaymentRefund
from orders.models.policy import CheckoutPolicy
from orders.models.refund import RefundLine, RefundRequest
from orders.models.shipment import Shipment, ShipmentLine

__all__ = [
    "Lottery",
    "Registration",
    "BillDifference",
    "BasketLine",
    "Carrier",
    "CheckoutPolicy",
    "Coupon",
    "CouponCode",
    "CouponGoods",
    "CouponGrant",
    "CouponTemplate",
    "DispatchFile",
    "ExportChoice",
    "FlashClaim",
    "FlashItem",
    "FlashReminder",
    "FlashSession",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderNote",
    "Payment",
    "PaymentBill",
    "PaymentNotice",
    "PaymentRefund",
    "RefundLine",
    "RefundRequest",
    "SeenGoods",
    "Shipment",
    "ShipmentLine",
    "StockAlert",
    "Wish",
]
