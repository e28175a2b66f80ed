"""No test is timed: a machine that is busy elsewhere fails none of them."""

from hypothesis import settings

settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
