"""What resolution decides, purely: facts of the case, the playbook and the time come in."""
