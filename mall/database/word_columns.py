"""The text columns of the shop and of the libraries it stands on that compare as people read, and
why: a search finds "Tee" and "tee".

All others are keys (mall/database/key_columns.py). Read by mall/database/collations.py. Each line
is ``table: column column``.
"""

# On MySQL and MariaDB alike; unlike unicode_ci it tells rare characters (𠮷) and emoji apart.
SPOKEN = "utf8mb4_unicode_520_ci"

WORDS = {
    "a name people search and sort by": """
        accounts_user: nickname
        mall_shopface: name name_zh_hans name_en
        mall_homeblock: title title_zh_hans title_en
        mall_shoppage: title title_zh_hans title_en
        mall_historicalshoppage: title title_zh_hans title_en
        catalog_category: name name_zh_hans name_en
        catalog_goodsimport: name
        catalog_historicalproduct: name name_zh_hans name_en
        catalog_historicalsku: name name_zh_hans name_en
        catalog_product: name name_zh_hans name_en
        catalog_sku: name name_zh_hans name_en
        marketing_historyimport: name
        marketing_historyline: product category
        marketing_draw: title title_zh_hans title_en
        marketing_drawprize: name name_zh_hans name_en
        marketing_mission: title title_zh_hans title_en
        marketing_campaign: name name_zh_hans name_en title title_zh_hans title_en
        marketing_segment: name name_zh_hans name_en
        orders_carrier: name name_zh_hans name_en
        orders_dispatchfile: name
        orders_coupontemplate: name name_zh_hans name_en
        orders_flashsession: name name_zh_hans name_en
        orders_historicalcoupontemplate: name name_zh_hans name_en
        points_adjustmentbatch: name
        points_memberimport: name
        points_historicalrule: name name_zh_hans name_en
        points_rule: name name_zh_hans name_en
        points_tierlevel: name name_zh_hans name_en
        socialaccount_socialapp: name
    """,
    "a text people wrote for people": """
        accounts_address: region
        mall_homeblock: text text_zh_hans text_en
        mall_shopface: slogan slogan_zh_hans slogan_en
        mall_shopface: description description_zh_hans description_en
        mall_shopface: contact_email contact_phone contact_address icp_number
        mall_shoppage: body body_zh_hans body_en
        mall_historicalshoppage: body body_zh_hans body_en
        catalog_goodsimport: problem
        catalog_historicalproduct: summary summary_zh_hans summary_en tags
        catalog_historicalproduct: description description_zh_hans description_en
        catalog_historicalproduct: attributes attributes_zh_hans attributes_en
        catalog_product: summary summary_zh_hans summary_en tags
        catalog_product: description description_zh_hans description_en
        catalog_product: attributes attributes_zh_hans attributes_en
        catalog_productimage: alt alt_zh_hans alt_en
        catalog_review: author text reason answer
        catalog_stockmovement: note
        orders_billdifference: note
        orders_paymentrefund: trouble
        django_celery_beat_periodictask: description
        mall_auditrow: reason
        mall_setupstep: note
        marketing_historyimport: problem
        marketing_outageday: reason
        marketing_draw: text text_zh_hans text_en
        marketing_draw: cancellation_reason cancellation_reason_zh_hans cancellation_reason_en
        marketing_mission: text text_zh_hans text_en
        marketing_campaign: text text_zh_hans text_en reason reason_zh_hans reason_en
        marketing_pushdevice: name
        marketing_webhookdelivery: answer
        marketing_webhookendpoint: note
        orders_coupongrant: note
        orders_dispatchfile: problem
        orders_flashsession: cancellation_reason cancellation_reason_zh_hans cancellation_reason_en
        orders_order: carrier tracking_number
        orders_ordernote: text
        points_event: note
        points_parked: error
        orders_refundrequest: reason note
        orders_shipment: carrier tracking_number
        points_adjustment: description note decision_note
        points_adjustmentbatch: note
        points_memberimport: problem note undo_note
        points_backtest: problem
        points_exchangerate: note
        points_ledgerentry: description note
        points_setaside: description
        points_pointaccount: status_note
        points_riskcase: note appeal decision_note
        marketing_referral: decision_note
    """,
    "a sentence the shop wrote, read in lists": """
        auth_permission: name
        catalog_historicalproduct: history_change_reason
        catalog_historicalsku: history_change_reason
        mall_historicalshoppage: history_change_reason
        django_admin_log: object_repr
        mall_auditrow: actor_name target_name
        mall_jobrun: outcome
        marketing_delivery: error
        marketing_message: error
        orders_historicalcouponcode: history_change_reason
        orders_historicalcoupontemplate: history_change_reason
        points_historicalrule: history_change_reason
    """,
}
