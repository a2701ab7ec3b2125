"""The doors to the reports of marketing/analytics: pages of the back office, CSV, and the staff
API.
"""
