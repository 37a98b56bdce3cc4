"""Sends the rows of one recorded upload again: the same lines under a new tag.

Metrica overwrites the same conversion (docs/metrica.md, 4), so this doubles nothing; it gives Metrica another
chance to find the visitor. The upload is recorded before its POST and settled by the Settler, like every
other. The mark, the rejects and the waiting rows stay as they are, and the rows are not counted again.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncd.language import N_, _
from syncd.model import Chunk, Known, Origin, RowFate, Rows, RunReport, Upload, UploadState, keys
from syncd.model.clock import Clock
from syncd.model.errors import UsageError
from syncd.model.faultpoints import Point, reach
from syncd.model.joined import JoinedLines
from syncd.model.upload_kind import UploadKind
from syncd.pipeline.ports import Ledger
from syncd.pipeline.uploading.payload import Tagger, unused_tag
from syncd.pipeline.uploading.settle import Settler

HAD = frozenset({UploadState.ACCEPTED, UploadState.PROCESSED, UploadState.UNLINKED})
"""The states of uploads that Metrica took."""
_WHY_NOT = {
    UploadState.SPLIT: N_("Metrica refused it as a whole, and its halves took its place: send those again"),
    UploadState.REFUSED: N_("Metrica refused its row: `syncd rejects retry` tries it again"),
    UploadState.PLANNED: N_("it has not been sent yet: the next run of the query sends it"),
    UploadState.SENDING: N_("its answer was lost: the next run of the query looks it up"),
}


@dataclass(frozen=True, slots=True)
class Resender:
    """Sends uploads of one query again."""

    ledger: Ledger
    settler: Settler
    clock: Clock
    counter: int
    """The query's counter now: what went to another one is left there."""
    kind: UploadKind

    def resend(self, upload_id: int, report: RunReport) -> int:
        """Send the rows of an upload again that were not delivered otherwise since; returns how many.

        The caller has settled what was open (`Settler.settle_all`). Raises UsageError for an upload that
        cannot be sent again; MetricaError and StateError as `Settler.send`: the next run settles it then.
        """
        upload = self.ledger.load(upload_id)
        self._check(upload)
        chunk = Chunk(Origin.RESEND, header=upload.header, ready=self._current(upload))
        if not chunk.ready:
            self.ledger.passed_over(upload_id)
            return 0
        reach(Point.READ)
        tagger = Tagger(upload.query, upload.counter, upload.header)
        tag = unused_tag(tagger, chunk.ready.lines, self.ledger.tag_is_used)
        self.settler.send(self.ledger.begin(chunk, tag, self.clock.now(), again=upload_id), report)
        return len(chunk.ready)

    def _check(self, upload: Upload) -> None:
        if not self.kind.is_overwritten:
            raise UsageError(
                _(
                    "upload {id} cannot be sent again: whether Metrica overwrites {kind} is not documented, "
                    "so each is sent once"
                ).format(id=upload.id, kind=self.kind.name)
            )
        if upload.state not in HAD:
            raise UsageError(
                _("upload {id} cannot be sent again: {why}").format(
                    id=upload.id, why=_(_WHY_NOT[upload.state])
                )
            )
        if upload.counter != self.counter:
            raise UsageError(
                _(
                    "upload {id} cannot be sent again: it went to counter {old}, and the query now has {new}"
                ).format(id=upload.id, old=upload.counter, new=self.counter)
            )

    def _current(self, upload: Upload) -> Rows:
        """Its rows but for those that a later upload carried with another Price or Currency.

        To send the old line would put the old money back.
        """
        known, split = self.ledger.find_known(upload.keys), keys.split_of(upload.header)
        current = [
            (key, line)
            for key, line in zip(upload.keys, upload.lines, strict=True)
            if _is_current(line, known.get(key), split)
        ]
        return Rows(JoinedLines(key for key, _ in current), JoinedLines(line for _, line in current))


def _is_current(line: str, known: Known | None, split: keys.Split) -> bool:
    """Whether the ledger knows no other line for the key; of a forgotten key it knows none."""
    if known is None or known.state is not RowFate.DELIVERED:
        return True
    return (known.identity, known.money) == keys.fingerprint(line, split)
