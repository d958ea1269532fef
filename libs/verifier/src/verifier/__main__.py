"""`python -m verifier` is `audit-verify`."""

import sys

from verifier.cli import main

sys.exit(main())
