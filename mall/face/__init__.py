"""The doors of the shop's face (mall/core/face): its pages, icons and style, what search engines
and shared links read, and the back office's rooms.
"""
