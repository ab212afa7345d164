"""The certificate of a local cluster, made for the occasion and kept in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any

# Also a clock that is set while the batch runs, by however much, lies within.
VALID_BEFORE, VALID_AFTER = timedelta(days=3650), timedelta(days=3650)


def temporary() -> Any:
    """What distributed's `Security.temporary` gives, but valid already in the past.

    That one is valid from the moment that it is made: once the clock is set back, a worker that is started anew could
    connect to nobody.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from distributed.security import Security

    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "dask-internal")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("dask-internal")]), critical=False)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_BEFORE)
        .not_valid_after(now + VALID_AFTER)
        .sign(own, hashes.SHA256())
    )
    cert = made.public_bytes(serialization.Encoding.PEM).decode()
    key = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    roles = ("client", "scheduler", "worker")
    return Security(
        require_encryption=True,
        tls_ca_file=cert,
        **{f"tls_{role}_cert": cert for role in roles},
        **{f"tls_{role}_key": key for role in roles},
    )
