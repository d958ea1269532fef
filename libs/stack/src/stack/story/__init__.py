"""The first road, told: a payout is held, and released; a promise is broken, and noticed."""
