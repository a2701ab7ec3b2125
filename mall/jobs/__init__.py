"""How periodic jobs run: beat knocks, a run is claimed per period, a missed one is made up (the
list: mall/schedule.py).
"""
