"""The badly behaved upstream behind TLS, with a certificate of a CA that nobody else knows.

The CA and the certificate are made by the `openssl` command, for one run and for two days.
"""

import ssl
import subprocess

from adversarial_upstream import Upstream

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = a throwaway of a test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[stranger]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:elsewhere.test
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def made(folder, name, *more):
    """A key and a certificate: NAME.pem has both, as a server wants them."""
    key, file = folder / f"{name}.key", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-days", "2", "-nodes", "-newkey", "ec"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-config", folder / "openssl.cnf"]
    command += ["-extensions", name, "-subj", f"/CN=a throwaway {name}"]
    command += ["-keyout", key, "-out", file, *more]
    subprocess.run(command, check=True, capture_output=True)
    return key, file


def certificates(folder):
    """(the CA's file, {whose: (its key, its certificate)}): for this machine, and for another."""
    (folder / "openssl.cnf").write_text(CONFIG, "utf-8")
    ca_key, ca = made(folder, "ca")
    signed = ("-CA", ca, "-CAkey", ca_key)
    return ca, {name: made(folder, name, *signed) for name in ("server", "stranger")}


class TLSUpstream(Upstream):
    """The same scripts; what a step says goes out as one record."""

    def __init__(self, key, certificate):
        super().__init__()
        self.url = self.url.replace("http:", "https:")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)

    def _serve(self, wire):
        wire.settimeout(5)
        try:
            wire = self._context.wrap_socket(wire, server_side=True)
        except OSError:  # a client that does not trust us leaves in the middle of the handshake
            wire.close()
            return
        super()._serve(wire)
