"""A mini-program signs in with ``wx.login``'s code, and may bring a phone number along."""
