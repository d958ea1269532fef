"""`python -m resolution serve | migrate | openapi`."""

import gc

gc.disable()  # what is loaded stays: chassis.service looks for garbage once all is there

from resolution.main import main  # noqa: E402 - loading is what is not interrupted

main()
