"""`python -m resolution serve | migrate | openapi`."""

from resolution.main import main

main()
