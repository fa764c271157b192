"""`provision routes`: every address that the server answers."""

from __future__ import annotations

import json
from dataclasses import asdict

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def routes(*, as_json: bool) -> None:
    """List every address: methods, rule, endpoint, who answers, and what a request needs."""
    from provision.web.routes import listing

    found = listing()
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [
        (",".join(each.methods), each.rule, each.endpoint, each.answers, ", ".join(each.demands))
        for each in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
