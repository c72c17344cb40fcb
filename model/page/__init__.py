"""From a decoded picture to where the cells of its grid are, and to ink as contrast to its ground.

``layout`` finds the cells: ``closed_cells`` proposes those that lines enclose, ``grid_lines`` fits
a mesh to the lines near it, ``ink_lattice`` finds digits in rows and columns where there are no
lines; ``sheets`` finds what the grid may be drawn on. ``mesh`` and ``grid_image`` rectify cells.
``contrast`` is that of ink to what surrounds it, ``cell_contrast`` that of each cell of a grid in
its own light; ``lines`` removes lines.
"""
