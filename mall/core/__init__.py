"""The ground under every app: what a mall of any kind needs, and nothing that knows an app or the
roof.
"""
