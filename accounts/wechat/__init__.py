"""WeChat as a way in: the mini-program (mini/, calls), and pages inside and outside WeChat's own
browser (provider, pages). One person of WeChat is one member (persons).
"""
