"""Run audit: `python -m audit --role api,ingest,sequencer serve`, `--role signer`, `migrate`."""

from audit.main import main

main()
