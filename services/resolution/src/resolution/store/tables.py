"""Where the tables of this service are registered."""

from sqlalchemy import MetaData

metadata = MetaData()
