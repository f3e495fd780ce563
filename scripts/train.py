#!/usr/bin/env python3
"""`nabra train`, for a checkout, torchrun and accelerate."""

from __future__ import annotations

import sys

from nabra.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
