"""Tables in and out: the one reader and the one writer of every door (decision 0062).

``reader`` turns bytes into rows of text with the lines of the file, whatever program saved them;
``values`` says what a whole number, an amount, a day or a moment is; ``digest`` names equal rows;
``writer`` hands tables out so that they open right and come back the same.
"""
