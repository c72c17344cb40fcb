"""From a decoded picture to where the cells of its grid are, and to ink as contrast to its ground.

``layout`` finds the cells: ``closed_cells`` proposes those that lines enclose, ``grid_lines`` fits
a mesh to the lines near it, ``ink_lattice`` finds digits in rows and columns where there are no
lines; ``mesh`` rectifies cells. ``contrast`` is that of ink to what surrounds it; ``colour`` makes
a grey picture of one in colour.
"""
