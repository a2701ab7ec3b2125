"""The text columns of the shop and of the libraries it stands on that compare as bytes, and why:
what a program wrote, a program looks up.

All others are words (mall/database/word_columns.py), but for what the database itself compares
(JSON). A column that stands nowhere is a key, and a test asks for its reason. Read by
mall/database/collations.py. Each line is ``table: column column``.
"""

KEYS = {
    "names one fact or thing, so that it is there once": """
        points_setaside: key
        accounts_bonusclaim: fingerprint
        accounts_user: email_canonical
        catalog_cardkey: fingerprint
        catalog_goodsimport: digest
        catalog_goodspicture: digest
        marketing_customevent: event key digest
        marketing_drawticket: key once
        marketing_historycustomer: name
        marketing_historyline: sku
        marketing_historyorder: no digest
        marketing_missionfact: event key
        marketing_missionprogress: period
        marketing_notification: key
        marketing_reportsnapshot: name
        marketing_sharedevice: digest
        marketing_sharelanding: visitor
        marketing_pushdevice: mark
        marketing_webhookdelivery: message
        marketing_webhookendpoint: url
        marketing_wechatgrant: template
        mall_jobrun: job period
        orders_basketline: key
        orders_coupon: key
        orders_coupongrant: key
        orders_order: key body_hash
        orders_paymentnotice: event_id provider_ref
        orders_payment: provider_ref ticket
        orders_billdifference: provider_ref
        orders_paymentrefund: key paid_ref provider_ref
        orders_refundrequest: key body_hash
        points_adjustment: ticket
        points_adjustmentbatch: digest
        points_memberimport: digest
        points_movedmember: identity
        points_grant: key
        points_ledgerentry: key
        points_riskcase: key
        points_risksighting: key
        points_takeback: key share
        socialaccount_socialaccount: uid
    """,
    "opens a door: whoever has it exactly is let in": """
        account_emailconfirmation: key
        accounts_user: password
        catalog_cardkey: secret
        django_session: session_key
        orders_coupon: code
        orders_couponcode: code
        orders_historicalcouponcode: code
        socialaccount_socialapp: client_id secret key
        socialaccount_socialtoken: token token_secret
        usersessions_usersession: session_key
    """,
    "kept in small letters by the doors, so bytes are enough": """
        account_emailaddress: email
        accounts_user: username email
        marketing_membertag: tag
    """,
    "a number or name that is told, typed and linked": """
        auth_group: name
        catalog_category: slug
        catalog_historicalproduct: code
        catalog_historicalsku: code
        catalog_product: code
        catalog_sku: code
        catalog_cardkey: batch
        catalog_freighttemplate: name
        catalog_hotword: word
        catalog_searchedword: word
        django_celery_beat_periodictask: name
        marketing_draw: code
        marketing_mission: code event
        marketing_campaign: code
        marketing_segment: code
        orders_carrier: code
        orders_order: no
        orders_billdifference: no
        orders_payment: no
        orders_paymentrefund: no
        points_budget: code
        points_historicalrule: code action
        points_rule: code action
    """,
    "refers to another thing, or says who did it": """
        points_setaside: action reference
        catalog_cardkey: reference
        catalog_cardkeyevent: actor reference
        catalog_review: decided_by
        catalog_scheduledprice: created_by
        catalog_stockmovement: reference actor
        django_admin_log: object_id
        mall_auditrow: actor action target request_id
        marketing_delivery: claimed_by
        marketing_outageday: declared_by
        marketing_campaign: created_by
        marketing_membertag: actor
        marketing_segment: created_by
        marketing_message: claimed_by
        marketing_webhookdelivery: kind
        marketing_ruleday: rule
        marketing_sharelanding: page
        marketing_referral: order_no
        orders_coupongrant: actor
        points_event: kind reference actor request_id
        points_parked: listener
        orders_billdifference: settled_by
        orders_refundrequest: requested_by decided_by
        orders_ordernote: actor
        orders_dispatchfile: carrier
        orders_shipment: actor carrier_code
        points_exchangerate: created_by
        points_grant: action reference
        points_ledgerentry: rule reference actor
        points_ruleversion: created_by segment
        points_takeback: reference
    """,
    "a word of the code, one of a few": """
        accounts_accountmail: template state error
        orders_checkoutpolicy: refund_coupon
        points_setaside: status
        accounts_address: territory
        accounts_consent: door language
        mall_homeblock: kind
        mall_setupstep: name
        mall_historicalshoppage: kind history_type
        mall_shoppage: kind
        mall_shopface: accent_light accent_dark
        accounts_user: language
        catalog_cardkey: state
        catalog_cardkeyevent: kind
        catalog_goodsimport: status language
        catalog_historicalproduct: kind pay_mode status limit_period history_type
        catalog_freighttemplate: charged_by
        catalog_historicalsku: history_type
        catalog_product: kind pay_mode status limit_period
        catalog_review: status
        catalog_stockmovement: direction
        marketing_checkin: kind
        marketing_board: period
        marketing_campaign: status paused_for goal
        marketing_campaignmember: state refusal
        marketing_dailyactivity: action
        marketing_channelchoice: channel topic
        marketing_delivery: channel state
        marketing_drawprize: kind
        marketing_drawticket: source
        marketing_message: channel state
        marketing_webhookdelivery: state
        marketing_webhookendpoint: switched_off
        marketing_historyimport: status language encoding
        marketing_historyorder: status
        marketing_memberbadge: code
        marketing_mission: kind status
        marketing_notification: kind
        marketing_preference: kind
        marketing_shelfday: shelf reason
        mfa_authenticator: type
        orders_coupon: source state
        orders_coupongrant: segment status
        orders_coupontemplate: status kind scope
        orders_historicalcouponcode: history_type
        orders_historicalcoupontemplate: status kind scope history_type
        orders_dispatchfile: status language
        orders_registration: state
        orders_order: status
        orders_orderline: pay_mode
        orders_billdifference: kind subject
        orders_payment: provider currency status way
        orders_paymentbill: provider
        orders_paymentnotice: provider outcome
        orders_paymentrefund: reason status
        orders_refundrequest: status
        points_adjustment: status
        points_adjustmentbatch: status
        points_memberimport: status language existing members_language
        points_backtest: status language
        points_budget: per month
        points_grant: status
        points_historicalrule: status history_type
        points_ledgerentry: kind
        points_pointaccount: status
        points_riskcase: kind scope status
        points_riskrule: code mode scope
        points_risksighting: code
        marketing_referral: status reason
        points_rule: status
        points_ruleversion: value validity
        socialaccount_socialaccount: provider
        socialaccount_socialapp: provider provider_id
    """,
    "written and read by programs": """
        accounts_accountmail: letter
        accounts_address: recipient phone detail
        accounts_phonenumber: phone phone_mark
        accounts_wechatperson: unionid unionid_mark
        accounts_user: avatar
        auth_permission: codename
        catalog_category: icon
        mall_homeblock: picture link
        mall_shopface: logo
        catalog_historicalproduct: image illustration
        catalog_product: image illustration
        catalog_productimage: image illustration
        django_admin_log: change_message
        django_celery_beat_crontabschedule: minute hour day_of_month month_of_year day_of_week
        django_celery_beat_intervalschedule: period
        django_celery_beat_periodictask: task args kwargs queue exchange routing_key headers
        django_celery_beat_solarschedule: event
        django_content_type: app_label model
        django_migrations: app name
        django_session: session_data
        marketing_draw: seed table commitment
        marketing_mission: icon link
        marketing_campaign: link secret
        marketing_notification: url
        orders_carrier: tracking_url
        accounts_user: joined_device joined_network
        marketing_pushdevice: address public_key auth
        marketing_webhookdelivery: body
        marketing_webhookendpoint: secret old_secret
        orders_lottery: seed table commitment
        orders_order: address_sealed phone_mark phone_tail_mark recipient_mark
        orders_order: address_mark device_mark network_mark
        orders_payment: payer_mark
        orders_orderline: image
        points_ledgerentry: hash
        points_movedmember: number number_mark phone phone_mark remark
        points_pointaccount: head
        usersessions_usersession: ip user_agent
    """,
}
