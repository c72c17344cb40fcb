"""Synthetic drawings of grids, for training and for the scorecard, made from strokes.

``unipen`` and ``writer_splits`` load recorded strokes, ``skeleton`` turns MNIST's digits into
strokes; ``styles`` adds rare ways of writing and ``strokes`` warps and draws; ``scenes`` renders
grids as on a screen, or on paper (``paper``) photographed by a simulated camera (``camera``).
``pool`` makes training digits of all this.
"""
