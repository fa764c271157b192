"""A small app to serve when servers are compared: `WSGI_SERVER benchmarks.served_app:app`.

Its routes are what `benchmarks.servers` asks for: a page of about 2 ms of work, a little JSON, an
answer of 20 MB in pieces, a form of up to 1 MiB, a wait, and a static file.
"""

from __future__ import annotations

import time
from pathlib import Path

from flask import Flask, Response, request

ROUNDS = 39_000  # of a loop: 2 ms on the machine of the figures in docs/design.md
PIECE_BYTES = 65_536
PIECES = 320

app = Flask(__name__, static_folder=Path(__file__).parent.parent / "static")
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024


@app.get("/page")
def page() -> str:
    return f"<p>{sum(number * number % 7 for number in range(ROUNDS))}</p>{'x' * 20_000}"


@app.get("/json")
def json() -> dict[str, bool]:
    return {"ok": True}


@app.get("/export")
def export() -> Response:
    # Each piece differs, so that a server that keeps them all is seen to.
    pieces = (number.to_bytes(PIECE_BYTES, "little") for number in range(PIECES))
    return Response(pieces, mimetype="application/octet-stream")


@app.post("/echo")
def echo() -> dict[str, int]:
    return {"characters": sum(map(len, request.form.values()))}


@app.get("/sleep")
def sleep() -> str:
    time.sleep(request.args.get("ms", 0, int) / 1000)
    return "slept"
