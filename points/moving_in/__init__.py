"""Members move in from an earlier shop with their balances: file (what a table says), people (who
of them is here already), imports (a file's way), opening (accounts and balances), taking_back, kind
(such files as the clock knows them), letters (the welcome mail).
"""
