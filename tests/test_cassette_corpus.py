"""Real recordings in every dialect that projects made of vcrpy's format."""

import json
from functools import cache

import httpx
import pytest
import shared_data
import vcr
import yaml
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from harness.cassette import dumps, load, loads, save
from harness.cassette.importing import import_
from harness.cassette.lint import lint_bytes
from harness.cassette.show import show_all
from harness.errors import CassetteError
from harness.wire.coding import decode_body


def manifest():
    path = shared_data.shared("corpus", "open", "MANIFEST.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


@cache
def tapes():
    """Every file of the open set by its path."""
    folder = shared_data.shared("corpus", "open")
    return {row["file"]: load(folder / row["file"]) for row in manifest()}


def test_every_file_loads():
    """All of them, with as many exchanges as the manifest counts."""
    assert len(tapes()) == len(manifest()) > 100
    for row in manifest():
        assert len(tapes()[row["file"]].exchanges) == row["n_interactions"], row["file"]


def test_load_save_load_is_the_identity():
    """Bytes, headers, notes; and the second file is the first."""
    for file, cassette in tapes().items():
        data = dumps(cassette)
        assert loads(data) == cassette, file
        assert dumps(loads(data)) == data, file


def test_bodies_are_those_that_stock_vcrpy_reads():
    """Of the original where stock vcrpy reads it, else of its conversion by others, to the byte."""
    folder = shared_data.shared("corpus", "open")
    for row in manifest():
        stock = deserialize((folder / row["vcrpy_file"]).read_text(), yamlserializer)[1]
        for exchange, response in zip(tapes()[row["file"]].exchanges, stock, strict=True):
            theirs = response["body"]["string"] if "body" in response else response["content"]
            theirs = theirs.encode() if isinstance(theirs, str) else theirs or b""
            assert exchange.body == theirs, row["file"]


def test_requests_are_those_that_stock_vcrpy_reads():
    """Method, URL and body, byte by byte."""
    folder = shared_data.shared("corpus", "open")
    for row in manifest():
        stock = deserialize((folder / row["vcrpy_file"]).read_text(), yamlserializer)[0]
        for exchange, theirs in zip(tapes()[row["file"]].exchanges, stock, strict=True):
            ours = exchange.request
            assert (ours.method, ours.url) == (theirs.method, theirs.uri)
            assert ours.body == (theirs.body or b""), row["file"]


PLACE = ["method", "scheme", "host", "port", "path", "query"]


def replayed(path, cassette):
    """What httpx gets for each exchange from stock vcrpy, playing the file. A null body matches no
    request of httpx, whose empty body is empty bytes: there the body is not matched."""
    nulls = any(note.body_is_null for note in cassette.notes)
    rules = PLACE if nulls else [*PLACE, "body"]
    with vcr.use_cassette(str(path), record_mode="none", match_on=rules) as tape:
        with httpx.Client() as client:
            for exchange in cassette.exchanges:
                asked = exchange.request
                answer = client.request(asked.method, asked.url, content=asked.body)
                yield answer.status_code, answer.content
        assert tape.all_played


def test_stock_vcrpy_replays_what_we_saved(tmp_path):
    """Every file, every exchange in order, decoded as a client decodes it."""
    for number, (file, cassette) in enumerate(tapes().items()):
        path = tmp_path / f"{number}.yaml"
        save(cassette, path)
        expected = [(e.status, decode_body(e.headers, e.body)) for e in cassette.exchanges]
        assert list(replayed(path, cassette)) == expected, file


def test_an_imported_file_is_what_lint_wants(tmp_path):
    """Nothing but credentials that its project left in is a fault after import."""
    folder = shared_data.shared("corpus", "open")
    for row in manifest():
        found = lint_bytes(dumps(import_(folder / row["file"])))
        assert {fault.code for fault in found if fault.level == "fault"} <= {"credential"}, row[
            "file"
        ]


def test_every_exchange_can_be_shown():
    """Each with its ending; event streams by their events."""
    for file, cassette in tapes().items():
        text = "".join(show_all(cassette))
        assert text.count("\n  = complete at") == len(cassette.exchanges), file
        assert "of an unfinished event" not in text, file


def test_chunked_recordings_keep_their_boundaries():
    """As many pieces as chunks, and the identity over a save."""
    folder = shared_data.shared("corpus", "chunked")
    files = sorted(folder.rglob("*.json"))
    assert len(files) == 50
    for file in files:
        cassette = load(file)
        chunks = json.loads(file.read_bytes())["chunks"]
        assert len(cassette.exchanges[0].pieces) == len(chunks)
        assert cassette.notes[0].pieces_known
        assert loads(dumps(cassette)) == cassette


def test_a_real_file_cut_anywhere_is_a_cassette_or_a_typed_error():
    """YAML cut short may still be YAML."""
    folder = shared_data.shared("corpus", "open")
    data = (folder / manifest()[0]["file"]).read_bytes()
    refused = 0
    for end in range(0, len(data), 7):
        try:
            loads(data[:end], "cut.yaml")
        except CassetteError as error:
            refused += str(error).startswith("cut.yaml")
    assert refused > 50


@pytest.mark.parametrize("loader", [yaml.CSafeLoader])
def test_what_we_save_any_yaml_loader_reads(loader):
    """The data is plain: no tag of ours."""
    for cassette in tapes().values():
        assert yaml.load(dumps(cassette), Loader=loader)["version"] == 1
