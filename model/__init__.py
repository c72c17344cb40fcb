"""What a reader of handwritten digit grids is.

Two halves. The plain half needs numpy only and is all that the service imports: ``vocabulary``,
``config``, ``ink``, ``reading``, ``errors``. The network half needs torch: ``attention``,
``blocks``, ``reader``, ``decoding``, ``checkpoint``. Importing this package imports neither.

Axis letters used in every shape comment of the project:

    B  batch            N  patches (16 for a 2x2 grid)    K  heads
    C  cells (4)        T  decoding steps (cells + 1)     V  vocabulary (14)
    H  W  pixels (56)   D  width, d_model (64)            L  decoder layers
"""
