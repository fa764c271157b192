"""`python -m provision` is the `provision` command."""

from __future__ import annotations

from provision.cli import main

if __name__ == "__main__":
    main()
