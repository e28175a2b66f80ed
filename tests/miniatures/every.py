"""All miniatures: importing the families puts them on the list."""

from miniatures import of_accounts, of_calls, of_continuation, of_ends, of_requests, of_text
from miniatures.catalogue import MINIATURES

FAMILIES = (of_accounts, of_calls, of_continuation, of_ends, of_requests, of_text)

__all__ = ["FAMILIES", "MINIATURES"]
