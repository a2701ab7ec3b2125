"""Coupons: from the template an operator writes to the one a member spends."""
