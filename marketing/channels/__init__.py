"""The other ways to a member: text message, WeChat and the browser, beside inbox and mail.

A notice that a member wants by one of them is a row (``queue``), claimed and sent by a sweep
(``sending``) through the channel's port (``ports``); ``reach`` counts what is written about offers
over all channels, mails included.
"""
