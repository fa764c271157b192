"""The production server: gunicorn keeps the processes, an event loop in each holds the clients.

`serve` starts and stops it; `worker` is one process: its loop, its listeners, how it stops.
`connection` is one client; `request_buffer` makes whole requests of what it sends, `answers` calls
the app in a thread and keeps what it says; `fairness` and `room` decide who waits and who goes.
`refusals` are the answers that the server gives without the app.
"""

from __future__ import annotations

from provision.server.serve import serve

__all__ = ["serve"]
