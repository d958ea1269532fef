"""`python -m playbook`: the same as the command `playbook`."""

from playbook.cli import main

main()
