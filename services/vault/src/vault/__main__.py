"""`python -m vault`."""

from vault.main import main

main()
