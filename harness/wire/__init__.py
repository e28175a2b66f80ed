"""Sans-IO framing: bytes in, frames out, each with the byte range it came from."""
