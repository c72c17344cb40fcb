"""What ends a training run, beside the errors of ``model/errors.py``.

ReaderError
└── TrainingError        a run that cannot begin or go on: its folder, disk, other processes
    └── NotFiniteError   loss, gradient or weights that are not finite, in all processes alike
"""

from model.errors import ReaderError


class TrainingError(ReaderError): ...


class NotFiniteError(TrainingError): ...
