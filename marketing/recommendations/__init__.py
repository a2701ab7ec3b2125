"""What a member may like next, on two shelves and with honest reasons (``shelves``); what goes with
a product (``companions``). What goods say about others is counted each night (``nightly``), whether
any of it is good is measured on the past (``evaluation``) and counted as it happens
(``impressions``).
"""
