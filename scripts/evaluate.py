#!/usr/bin/env python3
"""`nabra evaluate`, for a checkout, torchrun and accelerate."""

from __future__ import annotations

import sys

from nabra.cli import main

if __name__ == "__main__":
    sys.exit(main(["evaluate", *sys.argv[1:]]))
