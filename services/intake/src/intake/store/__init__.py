"""Rows and files of intake."""
