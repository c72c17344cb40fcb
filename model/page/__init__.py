"""From a decoded picture to its ink: the ground that it stands on is found and taken off.

``colour`` makes a grey picture of one in colour, in which ink is as strong as it differs.
"""
