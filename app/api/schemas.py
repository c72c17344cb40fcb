"""What is sent and answered, for the OpenAPI document; ``app.api.answers`` writes it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

Probability = Annotated[float, Field(ge=0, le=1.000001)]
Digit = Annotated[int, Field(ge=0, le=9)]
ReadingText = Annotated[str, Field(pattern="^[0-9_?\\n]*$")]
PictureBox = Annotated[list[int], Field(min_length=4, max_length=4)]


class _Schema(BaseModel, extra="forbid", use_attribute_docstrings=True): ...


class PictureBody(_Schema):
    """A picture in JSON."""

    image: Annotated[str, Field(json_schema_extra={"format": "picture-base64"})]
    """The picture in base64, or as a data URL."""


class CellAnswer(_Schema):
    """One cell of the grid."""

    row: NonNegativeInt
    column: NonNegativeInt
    kind: Literal["digit", "blank", "other"]
    """other: there is ink that is no digit, such as a letter, a scribble or two digits over each
    other."""
    digit: Digit | None
    """null: the cell is blank, or its ink is no digit."""
    confidence: Probability
    """Probability of that answer."""
    probabilities: Annotated[list[Probability], Field(min_length=12, max_length=12)]
    """Of the digits 0 to 9, then of a blank, then of ink that is no digit."""
    ink_box: PictureBox | None
    """Where its ink stands in the picture: x0, y0, x1, y1 in pixels, ends excluded."""


class AlternativeAnswer(_Schema):
    """Another reading of the picture."""

    digits: list[Digit | None]
    reading: ReadingText
    """The same as text; it tells a blank from ink that is no digit."""
    probability: Probability
    """Product of the probabilities of its cells, as 'cells' gives them."""


class WarningAnswer(_Schema):
    """Something that the sender should know."""

    code: str
    """low_confidence, not_a_digit, finish_misplaced, not_a_grid, ink_across_divider,
    several_digits, faint, tiny, cut_off, other_layout or many_frames."""
    detail: str
    cells: list[NonNegativeInt]
    """Which cells it is about, counted from 0 in reading order; empty where it is about the whole
    picture. 'detail' counts from 1."""


class AttentionAnswer(_Schema):
    """Where the decoder looked while it read each cell."""

    steps: int
    """Cells read, in reading order."""
    layers: int
    heads: int
    rows: int
    """Patches from top to bottom."""
    columns: int
    """Patches from left to right."""
    weights: list[list[list[list[Probability]]]]
    """[step][layer][head][patch, row by row]; the patches of a head add up to 1."""


class CellInkAnswer(_Schema):
    """What was done to the ink of one cell; null where it has none."""

    box: PictureBox | None
    """Where it stands in the picture: x0, y0, x1, y1 in pixels, ends excluded."""
    scale: float | None
    """Pixels of the normal form for one of the picture."""
    shift: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    """From the middle of its cell, right and down, shares of a cell."""
    stroke_width: float | None
    """Of the pen, pixels of the picture; null too where the ink was left as it is."""
    restroked: float
    """What was added to the stroke's width, pixels of the normal form; below 0: taken off."""


class InkAnswer(_Schema):
    """What was done to bring the picture to the normal form."""

    polarity: Literal["dark_on_light", "light_on_dark"]
    grid_box: PictureBox
    """Where the grid was found: x0, y0, x1, y1 in pixels, ends excluded."""
    cells: list[CellInkAnswer]


Corners = Annotated[
    list[Annotated[list[float], Field(min_length=2, max_length=2)]],
    Field(min_length=4, max_length=4),
]


class LayoutAnswer(_Schema):
    """Where the cells were found; corners are x, y in pixels, clockwise from the upper left."""

    found_by: Literal["form", "lines", "digits", "ink"]
    """form: the picture was in the normal form but for its size; lines: of the grid; digits: as
    they lie in rows and columns; ink: by all of it, in a grid that fills the picture or sheet."""
    rotation: Annotated[float, Field(ge=-180, le=180)]
    """Of the grid, clockwise, degrees."""
    cells: list[Corners]
    """In reading order."""
    sheet: Corners | None
    """The sheet, note, window or patch of dense ink in which the grid was found; null where it was
    found in the whole picture."""


class ModelName(_Schema):
    """Which reader answered."""

    name: str
    sha256: str


class TimingAnswer(_Schema):
    """Where the time went, milliseconds."""

    decode: NonNegativeFloat
    ink: NonNegativeFloat
    network: NonNegativeFloat
    second_look: NonNegativeFloat
    """Reading a doubtful picture in other ways: other layouts, sheets in it, turned; 0 for most."""


class DoubtfulAnswer(_Schema):
    """A cell that a person should look at."""

    row: PositiveInt
    """From 1, as people count."""
    column: PositiveInt
    reading: Annotated[str, Field(pattern="^[0-9_?]$")]
    confidence: Probability
    instead: Annotated[str, Field(pattern="^[0-9_?]$")]
    """The next likeliest answer."""
    instead_probability: Probability
    warnings: str
    """Codes of the warnings that name it, separated by spaces."""


class ReadingAnswer(_Schema):
    """The reading of one picture."""

    rows: PositiveInt
    """Of the cells."""
    columns: PositiveInt
    digits: list[Digit | None]
    """In reading order; null is a blank cell, or one whose ink is no digit."""
    reading: ReadingText
    """The same as text; _ is a blank cell, ? is ink that is no digit. Of more cells than the
    reader's own grid has, a line for each row."""
    confidence: Probability
    """Probability of the whole reading."""
    cells: list[CellAnswer]
    alternatives: list[AlternativeAnswer]
    """The most probable other readings, best first, as many as asked for. Exact for the product of
    the probabilities in 'cells'; those are conditional on the digits read before, so a reading that
    differs in an earlier cell is an estimate."""
    warnings: list[WarningAnswer]
    attention: AttentionAnswer | None = None
    """With explain=attention, of no more cells than the reader's own grid has."""
    normal_form: str | None = None
    """With explain=normal_form: what the network saw, as a data URL of a PNG; of more cells than
    the reader's own grid has, all of them, of which it saw some at a time."""
    ink: InkAnswer | None = None
    """With explain=ink."""
    layout: LayoutAnswer | None = None
    """With explain=layout."""
    doubtful: list[DoubtfulAnswer] | None = None
    """With explain=doubtful: cells that a warning names or whose answer is improbable, most
    doubtful first."""
    model: ModelName
    timing_ms: TimingAnswer


class ParameterError(_Schema):
    """What is wrong with one parameter."""

    parameter: str
    detail: str


class ProblemAnswer(_Schema):
    """An error (RFC 9457)."""

    type: str
    """Kind of problem; /problems lists them."""
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    """What was expected and what came."""
    errors: list[ParameterError] | None = None
    request_id: str | None = None
    """The id in X-Request-ID and in the log."""


class BatchError(_Schema):
    """Stands in the place of a picture that could not be read."""

    error: ProblemAnswer


BatchAnswer = list[ReadingAnswer | BatchError]


class ThresholdsAnswer(_Schema):
    """Of which answers the service warns with low_confidence."""

    low_confidence: Probability
    """A cell whose answer is less probable than this."""
    maybe_other: Probability
    """A digit that is no digit with more than this probability."""


class ModelAnswer(ModelName):
    """The model card."""

    engine: Literal["onnx", "torch"]
    config: dict[str, int | float]
    vocabulary: list[str]
    provenance: dict[str, Any]
    calibration: dict[str, float] | None
    """Expected calibration error of each row of the scores, by its key."""
    temperature: float
    """What the logits were divided by after training, for the least loss on validation digits."""
    thresholds: ThresholdsAnswer
    scores: dict[str, Any] | None


class HealthAnswer(_Schema):
    """The state of the service."""

    status: Literal["ok"]


class KindAnswer(_Schema):
    """A kind of problem."""

    type: str
    status: int
    title: str
