#!/usr/bin/env python3
"""`nabra predict`, for a checkout, torchrun and accelerate."""

from __future__ import annotations

import sys

from nabra.cli import main

if __name__ == "__main__":
    sys.exit(main(["predict", *sys.argv[1:]]))
