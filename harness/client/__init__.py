"""The reference client: drives a transport with a credential, a retry policy and a clock."""
