"""Sans-IO framing: bytes in, frames out, each with the byte range it came from.

One shape for every decoder here. `feed` takes pieces of any size, also empty, and returns what they
completed. `end` reports, as a value, what was begun and not completed: it is neither dropped nor
delivered as whole. `fork` copies the state in constant time. The cost is linear in bytes whatever
the chunking, and a declared limit on one event, frame or line ends in a LimitError.

What was whole before a fault is never lost with it: if a call to `feed` has something to return,
it returns that, and the error is raised by the next `feed` or by `end`.
"""
