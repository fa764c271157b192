"""What a file of the corpus is, and which tasks it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A task as it has to arrive; `day` is when it is due, `done` when it was done."""

    title: str
    status: str = "todo"
    day: str | None = None
    person: str = ""
    project: str = ""
    done: str | None = None


@dataclass(frozen=True)
class File:
    """`zone` is that of the person who imports; `asks` whether a question has to be on the page."""

    tool: str
    content: bytes
    tasks: tuple[Task, ...]
    zone: str = "UTC"
    asks: bool = False
