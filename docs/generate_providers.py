"""Writes docs/providers.md from the providers' files: `python docs/generate_providers.py`.

A test compares what this makes with what stands in docs/.
"""

# ruff: noqa: INP001  no package: a script beside the page that it writes

from __future__ import annotations

from pathlib import Path

from harness.model import Provider
from harness.providers import PROVIDERS

PAGE = Path(__file__).resolve().parent / "providers.md"
NOTE = "<!-- Written by docs/generate_providers.py from harness/providers: change it there. -->\n"
HEAD = """# Providers

One file each in `harness/providers/`. Where a fact is known from stands in the file's `sources`:
a row of [behaviour.md](behaviour.md), a document, or WIRE, the reference of the wires. To add
one, see [add_a_provider.md](add_a_provider.md).

`harness.providers.resolve(text)` finds one by a name, an alias, `name/model`
(`nous/Hermes-4-70B`), or a URL: its host says who, its path says which wire (`/anthropic`,
`/responses`), and a missing `/v1` is completed. A server that no file knows is spoken to as
`custom`. The key comes from the first variable that holds one. Nothing is asked over the network.

What only the user can know comes with the ask, in `options`: `session_id`,
`provider_preferences`, `tags`, `num_ctx`, `reasoning_efforts` (what a catalogue lists for the
model), `integration_id`, `account_id`, `system_preamble`, `extra_headers`, `extra_body`,
`overrides`. A client id of a sign-in goes into `credential_options`. No other product's name is
shipped: where a server wants a client's name, it is told ours, or the one that was configured.

"""
# The seventeen quirks that were once scattered: what each was called, and where it stands now.
QUIRKS = (
    ("fixed temperature of Kimi", "kimi.py", "J01: absent, the later behaviour"),
    ("user agent of Kimi", "kimi.py", "J04: the user's extra_headers"),
    ("max_tokens of NVIDIA", "nvidia.py", "J10"),
    ("max_tokens of Qwen", "qwen.py", "J09"),
    ("message normalization of Qwen", "qwen.py", "J09"),
    ("vl_high_resolution_images", "qwen.py", "J09"),
    ("developer role for GPT-5 and Codex", "_messages.py", "J25"),
    ("think=false", "ollama.py", "J11"),
    ("num_ctx", "ollama.py", "J11"),
    ("provider preferences", "_routing.py", "J13"),
    ("attribution tags of Nous", "nous.py", "J17"),
    ("reasoning in extra_body", "openrouter.py", "J13, J17, J28: nous.py, copilot.py too"),
    ("conversation headers of xAI", "xai.py", "J18"),
    ("thinking signatures", "anthropic.py", "G05-G08: profiles, in each file's `also`"),
    ("guardrail", "bedrock.py", "H02"),
    ("OAuth identity transform", "anthropic.py", "G23: the preamble, from the configuration"),
    ("encrypted reasoning", "xai.py", "F10-F16: openai_codex.py, chatgpt.py too"),
)


def page() -> str:
    parts = [NOTE, HEAD]
    parts += [_section(provider) for provider in PROVIDERS if _ours(provider)]
    parts.append(
        "## The quirks that were once scattered\n\n| quirk | file | row |\n|---|---|---|\n"
    )
    parts += [f"| {quirk} | `harness/providers/{file}` | {row} |\n" for quirk, file, row in QUIRKS]
    return "".join(parts)


def _ours(provider: Provider) -> bool:
    return (PAGE.parent.parent / "harness" / "providers" / f"{provider.name}.py").is_file()


def _section(provider: Provider) -> str:
    aliases = f" ({', '.join(provider.aliases)})" if provider.aliases else ""
    lines = [f"## {provider.name}{aliases}\n"]
    for way in (provider, *provider.also):
        lines.append(f"- `{way.transport}` at `{way.base_url}`, {_signed(way)}")
        if way.profiles:
            lines.append(f"  - profiles: {', '.join(f'`{name}`' for name in sorted(way.profiles))}")
        lines.append(f"  - can: {', '.join(sorted(way.can))}")
        lines += [f"  - {fact}: {source}" for fact, source in way.sources.items()]
    if provider.key_env or provider.base_url_env:
        named = [f"`{name}`" for name in (*provider.key_env, provider.base_url_env) if name]
        lines.append(f"- environment: {', '.join(named)}")
    return "\n".join(lines) + "\n\n"


def _signed(way: Provider) -> str:
    place = way.credential_options.get("place", "bearer") if way.credential == "key" else None
    return f"credential `{way.credential}`" + (f" as {place}" if place else "")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
