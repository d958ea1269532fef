"""`python -m handoff`."""

from handoff.main import main

main()
