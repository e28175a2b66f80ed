"""The official openai client, as a stranger in a process of its own."""

from harness.targets._adapters import adapter
from harness.targets._process import ProcessTarget


def make() -> ProcessTarget:
    return adapter("openai_sdk.py")
