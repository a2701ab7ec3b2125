"""What the choices of API fields are called in the document, where a field's name says it not
clearly enough.
"""

ENUM_NAMES = {
    "OrderStatusEnum": "orders.models.Order.Status",
    "DrawStatusEnum": "marketing.draws.api.STATUSES",
    "ProductKindEnum": "catalog.models.Product.Kind",
    "CouponKindEnum": "orders.models.CouponTemplate.Kind",
    "CouponScopeEnum": "orders.models.CouponTemplate.Scope",
    "CouponStateEnum": "orders.models.Coupon.State",
    "CouponSourceEnum": "orders.models.Coupon.Source",
    "AdjustmentStatusEnum": "points.models.Adjustment.Status",
    "CampaignStatusEnum": "marketing.models.Campaign.Status",
    "CampaignGoalEnum": "marketing.models.Campaign.Goal",
    "CaseStatusEnum": "points.models.RiskCase.Status",
    "CaseKindEnum": "points.models.RiskCase.Kind",
    "CaseScopeEnum": "points.models.RiskCase.Scope",
    "EntryKindEnum": "points.models.LedgerEntry.Kind",
    "NotificationKindEnum": "marketing.models.Notification.Kind",
    "RuleStatusEnum": "points.models.Rule.Status",
    "BackTestStatusEnum": "points.models.BackTest.Status",
    "BudgetPerEnum": "points.models.Budget.Per",
    "WebhookStateEnum": "marketing.models.WebhookDelivery.State",
}
