"""`python app.py` is `provision serve`; for any other WSGI server the app is `app:app`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from provision.cli import main

    main(["serve", *sys.argv[1:]])
else:
    from provision import create_app
    from provision.settings import load_settings

    app = create_app(load_settings("wsgi"))
