"""`python -m nabra`."""

from __future__ import annotations

import sys

from nabra.cli import main

sys.exit(main())
