"""`python -m nabra`, and the command `nabra`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; Ctrl-C is heeded while it is still being imported, too."""
    try:
        from nabra.cli import main
    except KeyboardInterrupt:
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(main())
