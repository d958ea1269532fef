"""The vault's rows, by table."""
