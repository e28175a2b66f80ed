"""llama.cpp's own server, built once from its source distribution and started on 127.0.0.1.

The built binary is kept in a cache folder of the user (HARNESS_LLAMA_CACHE names another).
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
from pathlib import Path

from tiny_model import Make, write

VERSION = "0.3.36"
SOURCE = f"llama-cpp-python=={VERSION}"  # its source distribution holds all of llama.cpp
FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DGGML_NATIVE=OFF",
    "-DGGML_OPENMP=OFF",
    "-DGGML_LLAMAFILE=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DBUILD_SHARED_LIBS=OFF",
)


def cache():
    named = os.environ.get("HARNESS_LLAMA_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else base / "provider-harness" / f"llama-server-{VERSION}"


def binary():
    """The server, built now if it is not in the cache: some minutes, once."""
    folder = cache()
    made = folder / "llama-server"
    if made.is_file():
        return made
    for tool in ("cmake", "ninja"):
        if shutil.which(tool) is None:
            raise RuntimeError(f"building llama-server needs {tool}: install it and run again")
    work = folder / "build"
    work.mkdir(parents=True, exist_ok=True)
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary",
        "llama-cpp-python", "--dest", str(folder), SOURCE)  # fmt: skip
    archive = next(folder.glob("llama_cpp_python-*.tar.gz"))
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    source = next(folder.glob("llama_cpp_python-*/vendor/llama.cpp"))
    run("cmake", "-G", "Ninja", "-S", str(source), "-B", str(work), *FLAGS)
    run("ninja", "-C", str(work), "llama-server")
    shutil.copy2(work / "bin" / "llama-server", made.with_suffix(".new"))
    made.with_suffix(".new").replace(made)
    shutil.rmtree(work)
    shutil.rmtree(source.parents[1])
    archive.unlink()
    return made


def run(*command):
    subprocess.run(command, check=True, stdout=sys.stderr)


class Server:
    """One llama-server over one tiny model. Killed and stopped for real, and started again."""

    def __init__(self, folder, make, port=0):
        self._port = port
        self.model = Path(folder) / f"tiny{'-calls' if make.calls else ''}.gguf"
        self.model = self.model.with_stem(self.model.stem + ("-slow" if make.slow else ""))
        write(self.model, make)
        self._log = (Path(folder) / f"{self.model.stem}.log").open("ab")
        self._process = None
        self.base_url = ""

    def start(self):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", self._port))
            port = probe.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}"
        command = [binary(), "-m", self.model, "--alias", "tiny-random-llama", "--jinja"]
        command += [
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "-c",
            4096,
            "-np",
            2,
            "--no-warmup",
            "-t",
            "1",
        ]
        self._process = subprocess.Popen(
            list(map(str, command)), stdout=self._log, stderr=self._log
        )
        for _ in range(600):
            if self._is_ready():
                return self
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"llama-server did not start: see {self._log.name}")

    def _is_ready(self):
        try:
            with urllib.request.urlopen(self.base_url + "/health", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self, _answer=None):
        """Its connections end as a process ends them: FIN, in the middle of a chunk or not."""
        self._process.send_signal(signal.SIGKILL)

    def reset(self, answer):
        """Killed with bytes that it has not read, of a next request on the same connection: its
        system then answers RST where it would have said FIN."""
        wire = answer.response.extensions["network_stream"].get_extra_info("socket")
        wire.sendall(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        self.kill()

    def halt(self, _answer=None):
        """Alive and silent, as a machine that swaps."""
        self._process.send_signal(signal.SIGSTOP)

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def again(self):
        self.stop()
        return self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()
        self._log.close()


TEXT = Make()
CALLS = Make(calls=True)
SLOW = Make(slow=True)
