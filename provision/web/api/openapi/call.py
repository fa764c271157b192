"""One call of the API, declared as data, and the operation of the description made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from provision.web.api.openapi import problems
from provision.web.api.openapi.headers import header, parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.web.api.openapi.problems import Problem

Access = Literal["anybody", "body", "person"]
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """The answer of a call that did what was asked."""

    status: int = 200
    words: str
    schema: Mapping[str, Any] | None = None
    content_type: str = _JSON
    headers: tuple[str, ...] = ()
    links: Mapping[str, Any] = field(default_factory=dict)

    def response(self, more: Sequence[str], *, body: bool) -> dict[str, Any]:
        """Describe the answer, with its own headers and `more`; without a `body` for HEAD."""
        names = [*self.headers, *more]
        if self.schema is not None:
            names += ["Content-Encoding", "Vary"]
        answer: dict[str, Any] = {"description": self.words}
        if names:
            answer["headers"] = {
                key: value for name in names for key, value in header(name).items()
            }
        if body and self.schema is not None:
            answer["content"] = {self.content_type: {"schema": dict(self.schema)}}
        if body and self.links:
            answer["links"] = dict(self.links)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`name` is the operation's id, `tag` the subject it stands under.

    `access`: `anybody` may call, the `body` proves who is calling, or a `person` has to be signed
    in. `reaches_database`: the person's database is asked, and may be in the way. `bad` are the
    errors of this call beside those of its kind.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    words: str
    good: Good
    access: Access = "person"
    parameters: tuple[Mapping[str, Any], ...] = ()
    body: Mapping[str, Any] | None = None
    body_is_needed: bool = True
    reaches_database: bool = False
    bad: tuple[Problem, ...] = ()

    def operations(self) -> dict[str, dict[str, Any]]:
        """Return the operation by its method; a GET also has its HEAD."""
        found = {self.method.lower(): self._operation(self.method)}
        if self.method == "GET":
            found["head"] = self._operation("HEAD")
        return found

    def _operation(self, method: str) -> dict[str, Any]:
        head = method == "HEAD"
        operation: dict[str, Any] = {
            "tags": [self.tag],
            "operationId": f"{self.name}_head" if head else self.name,
            "summary": f"{self.summary}: headers alone" if head else self.summary,
            "description": f"Answers as GET does, without a body. {self.words}"
            if head
            else self.words,
            "security": self._security(),
        }
        parameters = [dict(each) for each in self.parameters]
        if self._is_tagged():
            parameters.append(parameter("If-None-Match"))
        if method == "POST":
            parameters.append(parameter("Idempotency-Key"))
        if parameters:
            operation["parameters"] = parameters
        if self.body is not None:
            content = {_JSON: {"schema": dict(self.body)}}
            operation["requestBody"] = {"required": self.body_is_needed, "content": content}
        operation["responses"] = self._responses(body=not head)
        return operation

    def _security(self) -> list[dict[str, list[str]]]:
        if self.access != "person":
            return []
        session: dict[str, list[str]] = {"session": []}
        return [{"token": []}, session if self.method == "GET" else session | {"csrf": []}]

    def _is_tagged(self) -> bool:
        """Return whether the answer has an `ETag`: it does if it is JSON that is read."""
        return self.method == "GET" and self.good.content_type == _JSON

    def _responses(self, *, body: bool) -> dict[str, Any]:
        names = ["ETag"] if self._is_tagged() else []
        names += ["Idempotent-Replayed"] if self.method == "POST" else []
        good = self.good.response(names, body=body)
        responses = {str(self.good.status): good}
        if self._is_tagged():
            responses["304"] = {
                "description": "It is still what `If-None-Match` names.",
                "headers": header("ETag"),
            }
        for problem in self._problems():
            responses[str(problem.status)] = (
                {"$ref": f"#/components/responses/{problem.name}"}
                if body
                else problem.response(body=False)
            )
        return dict(sorted(responses.items()))

    def _problems(self) -> list[Problem]:
        """List the errors of this call. An error of `bad` replaces the usual one of its status."""
        # A body that is too long is refused by a call that takes none, too.
        usual = [
            *(problems.BAD_REQUEST, problems.METHOD_NOT_ALLOWED, problems.TOO_SLOW),
            *(problems.TOO_LARGE, problems.INVALID, problems.UNAVAILABLE),
        ]
        if self.access != "body":
            # What is open to everybody refuses a bad token, too.
            usual.append(problems.UNAUTHORIZED)
        if self.access == "person" and self.method != "GET":
            usual.append(problems.FORBIDDEN)
        if self.body is not None:
            usual.append(problems.UNSUPPORTED)
        if self.reaches_database:
            usual += [problems.NOT_SET_UP, problems.DATABASE_FAILED]
        if self.method == "POST":
            # More idempotency keys within a day than are kept.
            usual.append(problems.RATE_LIMITED)
        by_status = {each.status: each for each in (*usual, *self.bad)}
        return list(by_status.values())
