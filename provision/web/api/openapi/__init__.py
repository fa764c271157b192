"""The description of the API (OpenAPI 3.1), made from the declarations that the API runs on.

`document` puts it together; `calls` lists the calls about accounts and databases, `row_calls` the
five of each noun in `resources`; `call` makes operations of them. `shapes`, `row_shapes` and
`fields` describe what is sent and answered, `problems` errors, `headers` also parameters.
"""

from __future__ import annotations

from provision.web.api.openapi.document import description

__all__ = ["description"]
