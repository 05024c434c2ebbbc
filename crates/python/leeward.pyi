"""Finds exposed API keys in texts and columns of data lakes."""

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, TypedDict, final

import pyarrow

__version__: str

Confidence = Literal["high", "medium", "low"]
Paths = str | PathLike[str] | Sequence[str | PathLike[str]]

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class FindingDict(TypedDict):
    row: int
    start: int
    end: int
    line: int
    column: int
    dossier: str
    title: str
    confidence: Confidence
    score: float
    fingerprint: str
    hint: str
    severity: Literal["critical", "high", "medium", "low"]

@final
class Finding:
    """A place where a secret lies, and what it is taken for. The value is not in it."""

    @property
    def row(self) -> int:
        """Number of the text, from 0."""
    @property
    def start(self) -> int:
        """First byte in the text; of a `str`, in its UTF-8."""
    @property
    def end(self) -> int:
        """One past the last byte."""
    @property
    def line(self) -> int:
        """Line in the text, from 1."""
    @property
    def column(self) -> int:
        """Column in characters, from 1."""
    @property
    def dossier(self) -> str:
        """The id of its kind."""
    @property
    def title(self) -> str:
        """The name of its kind."""
    @property
    def confidence(self) -> Confidence:
        """`high`, `medium` or `low`."""
    @property
    def score(self) -> float:
        """How likely it is what its kind says, from 0 to 1."""
    @property
    def fingerprint(self) -> str:
        """Identity of the secret, the same wherever it lies."""
    @property
    def hint(self) -> str:
        """Its first and last characters."""
    @property
    def severity(self) -> Literal["critical", "high", "medium", "low"]:
        """How bad such a secret is before more is known of it."""
    def to_dict(self) -> FindingDict:
        """All of it as a dictionary."""

@final
class Findings:
    """The findings of one batch, in order of their rows.

    A sequence, and a record batch for whatever speaks Arrow: `pyarrow.record_batch(it)`.
    """

    def __len__(self) -> int: ...
    def __getitem__(self, at: int) -> Finding: ...
    def __iter__(self) -> Iterator[Finding]: ...
    def to_arrow(self) -> pyarrow.RecordBatch:
        """The findings as a `pyarrow.RecordBatch`; needs `pyarrow`."""
    def to_dicts(self) -> list[FindingDict]:
        """The findings as dictionaries."""
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...
    def __arrow_c_schema__(self) -> object: ...

@final
class Detector:
    """Finds exposed API keys in texts.

    `confidence` is the least a finding needs. `dossiers` are files and directories with
    kinds of credentials of your own. A detector may be used by several threads at once,
    and can be pickled.
    """

    def __new__(cls, confidence: Confidence = "medium", dossiers: Paths | None = None) -> Detector: ...
    def scan_batch(
        self,
        texts: Iterable[str | bytes | None] | _ArrowArray | _ArrowStream,
        *,
        column: str | None = None,
        names: str | Sequence[str] | None = None,
        threads: int = 1,
    ) -> Findings:
        """Looks at texts: a list of `str` or `bytes`, or a column of Arrow (an array of
        strings or binaries, or a record batch or table and the name of its `column`),
        which is not copied.

        `names` are what files are called that the texts are from, one for all or one for
        each: a name such as `.env` speaks for what is in it. `threads` are used at once;
        other threads of Python run meanwhile.
        """

@final
class Batches(Iterator[pyarrow.RecordBatch]):
    """Record batches of findings, one for each batch that has any."""

    def __next__(self) -> pyarrow.RecordBatch: ...

def scan_record_batches(
    batches: Iterable[Any],
    column: str,
    *,
    keep: Sequence[str] = (),
    detector: Detector | None = None,
    confidence: Confidence = "medium",
    dossiers: Paths | None = None,
    threads: int = 1,
) -> Batches:
    """Looks at one column of each record batch and gives record batches of findings, for
    `mapInArrow` and the like.

    Before the columns of a finding stand those of its row that `keep` names, so that it
    can be found again: `row` counts within its batch. The column that is looked at is not
    among them, since it holds the values.
    """
