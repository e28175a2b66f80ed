"""Scripts of meaning that every block wire's writer must be able to say."""

from harness.model import FinishReason, Say, SayKind, Usage

TEXT = Say(SayKind.TEXT, 'Hello, Ada \N{WAVING HAND SIGN}\nand "you"', parts=5)
THOUGHT = Say(SayKind.REASONING, "Need the weather.", signature="EqQBCkYIBxgCKkDexample+/==")
REDACTED = Say(SayKind.REASONING, signature="cmVkYWN0ZWQtYnl0ZXM=", redacted=True)
CALL = Say(SayKind.CALL, id="call_A", name="get_weather", arguments='{"city": "Oslo", "n": [1, 2]}')
OTHER = Say(SayKind.CALL, id="call_B", name="get_time", arguments='{"tz":"UTC"}', parts=1)
EMPTY = Say(SayKind.CALL, id="call_C", name="list_files", arguments="")
USAGE = Say(
    SayKind.USAGE,
    usage=Usage(2004, 30, 2034, cache_read_tokens=1800, cache_write_tokens=200),
)


def finish(reason):
    return Say(SayKind.FINISH, finish=reason)


SCRIPTS = {
    "text": (TEXT, USAGE),
    "call": (CALL, finish(FinishReason.TOOL_CALLS), USAGE),
    "parallel": (TEXT, CALL, OTHER),
    "empty_call": (EMPTY,),
    "thinking": (THOUGHT, TEXT, CALL, USAGE),
    "redacted": (REDACTED, TEXT),
    "interleaved": (THOUGHT, CALL, THOUGHT, OTHER),
    "length": (TEXT, finish(FinishReason.LENGTH)),
    "filtered": (TEXT, finish(FinishReason.CONTENT_FILTER)),
    "refusal": (Say(SayKind.REFUSAL, "I will not."),),
    "unknown": (TEXT, finish(FinishReason.UNKNOWN)),
    "nothing": (finish(FinishReason.STOP),),
}


def finish_of(script):
    said = next((s.finish for s in script if s.finish), None)
    if said:
        return said
    kinds = {say.kind for say in script}
    if SayKind.CALL in kinds:
        return FinishReason.TOOL_CALLS
    return FinishReason.CONTENT_FILTER if SayKind.REFUSAL in kinds else FinishReason.STOP
