"""The log of a job, for programs."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.moments import moment_sent
from apps.core.rest import Body
from apps.core.rest.pages import question_of
from apps.core.rest.schema import described
from apps.jobs.models import LogLine
from apps.jobs.selectors import job_get, log_after, log_book, log_search
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission

SEQ_MOST = 2**31 - 1


class LogQuestion(Body):
    """Which lines: after which number, how many, and the words they must hold."""

    after = serializers.IntegerField(min_value=0, max_value=SEQ_MOST, default=0, help_text="The last number seen.")
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=200, help_text="Lines of an answer.")
    q = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="Words the lines must hold.")


class LineShape(serializers.Serializer[Any]):
    """A line of a log; `seq` runs through the job."""

    seq = serializers.IntegerField()
    op = serializers.CharField(help_text="The operation that wrote it.")
    stream = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class LogShape(serializers.Serializer[Any]):
    """Lines of a log, in order."""

    lines = serializers.ListField(child=LineShape())
    next_after = serializers.IntegerField(
        allow_null=True, help_text="Where to go on; null when nothing waits there."
    )
    dropped_lines = serializers.IntegerField(help_text="Lines beyond what is kept of one job.")
    deleted_at = serializers.DateTimeField(allow_null=True, help_text="When the lines were deleted.")


class JobLog(Endpoint):
    """A job's log."""

    @described(LogShape, question=LogQuestion)
    def get(self, request: Request, slug: str, job_id: str) -> Response:
        """Read lines of a log in order, from `after` on; `next_after` is where to go on, null when nothing waits."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        asked = LogQuestion(data=question_of(request)).read()
        book = log_book(job)
        if asked["q"]:
            found = log_search(job, asked["q"], after=asked["after"], limit=asked["limit"])
            lines, following = found.lines, found.next_after
        else:
            lines = log_after(job, asked["after"], asked["limit"])
            following = lines[-1].seq if lines and lines[-1].seq < book.lines else None
        return Response(
            {
                "lines": [line_shape(line) for line in lines],
                "next_after": following,
                "dropped_lines": book.dropped_lines,
                "deleted_at": book.deleted_at,
            }
        )


def line_shape(line: LogLine) -> dict[str, Any]:
    """Return a line as programs and browsers get it."""
    return {
        "seq": line.seq,
        "op": line.op_id,
        "stream": line.stream,
        "at": moment_sent(line.at),
        "text": line.text,
    }
