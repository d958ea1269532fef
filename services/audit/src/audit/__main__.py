"""Run audit: `python -m audit --role api,ingest,sequencer serve`, `--role signer`, `migrate`."""

import gc

gc.disable()  # what is loaded stays: chassis.service looks for garbage once all is there

from audit.main import main  # noqa: E402 - loading is what is not interrupted

main()
