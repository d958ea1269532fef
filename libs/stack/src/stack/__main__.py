"""`python -m stack` is the `stack` command."""

from stack.cli import main

main()
