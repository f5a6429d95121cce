"""A door with TLS before a plain HTTP endpoint of a test.

    tls.py PORT

Makes a certificate authority and a certificate for `localhost`, prints one line of JSON once it answers
({"port": …, "authority": PEM}), and passes all bytes on to 127.0.0.1:PORT. Ends when stdin closes.
"""

import asyncio
import datetime
import ipaddress
import json
import ssl
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


async def main():
    authority, chain = certificates()
    with tempfile.NamedTemporaryFile() as file:
        file.write(chain)
        file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file.name)
    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "authority": authority}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def pass_on(reader, writer):
    try:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        await asyncio.gather(copy(reader, upstream_writer), copy(upstream_reader, writer))
    except OSError:
        pass  # whoever it was has gone


async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def certificates():
    """The authority's certificate, and the endpoint's with its key; PEM."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, name = named("Authority of a test"), named("localhost")
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    authority = certificate(authority_name, authority_key.public_key(), authority_name, x509.BasicConstraints(True, None))
    endpoint = certificate(name, key.public_key(), authority_name, x509.SubjectAlternativeName(names))
    pem = authority.sign(authority_key, SHA256()).public_bytes(Encoding.PEM).decode()
    chain = endpoint.sign(authority_key, SHA256()).public_bytes(Encoding.PEM)
    return pem, chain + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(subject, public_key, issuer, extension):
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
    return builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))


if __name__ == "__main__":
    asyncio.run(main())
