"""Amounts of money."""

from pydantic import Field

from contracts.event import Part
from contracts.words import Currency


class Money(Part):
    """An amount in the currency's smallest unit: 184050 GBP is £1,840.50."""

    amount_minor: int = Field(description="In the smallest unit of the currency.", lt=2**53)
    currency: Currency = Field(description="ISO 4217.")
