"""What people draw, for training and for the scorecard: strokes, and pictures made of them.

``unipen`` and ``writers`` bring real strokes, ``reink`` takes MNIST's digits back to strokes;
``styles`` and ``strokes`` write them in other ways and by other hands; ``scenes`` shows them on a
screen, or on paper (``paper``) before a camera (``camera``). A ``pool`` is made of all of it.
"""
