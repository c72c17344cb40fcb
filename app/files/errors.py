"""Errors of reading many files, besides those of ``app.reading.errors``.

    ReaderError (model.errors)
    └── TableError     a table that is not this run's, or that cannot be written

What is wrong with one file is no error of these: it stands in the file's row.
"""

from model.errors import ReaderError


class TableError(ReaderError): ...
