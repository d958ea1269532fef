"""Door 1: what front-ends and sellers ask for over HTTP."""
