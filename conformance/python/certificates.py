import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hcloud import Client

from harness import chapter, done, has_actions, lists, refused
from zones import NAME


def new_certificate(name: str) -> tuple[str, str]:
    """A self-signed certificate for a domain name, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


@chapter
def uploaded_certificates(client: Client) -> None:
    pem, key = new_certificate("www.example.com")
    certificate = client.certificates.create("certificate", pem, key, labels={"of": "me"})
    assert (certificate.type, certificate.domain_names, certificate.status) == ("uploaded", ["www.example.com"], None)
    assert certificate.certificate.strip() == pem.strip() and len(certificate.fingerprint.split(":")) in (20, 32)
    assert certificate.not_valid_before < certificate.not_valid_after
    lists(client.certificates, [certificate], "of=me")
    refused("uniqueness_error", lambda: client.certificates.create("certificate", *new_certificate("other.example.com")))
    refused("invalid_input", lambda: client.certificates.create("broken", "no certificate", key))
    refused("invalid_input", lambda: client.certificates.create("mismatch", pem, new_certificate("www.example.com")[1]))
    assert certificate.update(name="renamed", labels={}).name == "renamed"
    assert certificate.delete()
    refused("not_found", lambda: client.certificates.get_by_id(certificate.id))


@chapter
def managed_certificates(client: Client) -> None:
    # Only names below a zone of the project can be proven.
    zone = client.zones.create(name=f"certificates-{NAME}", mode="primary")
    done(zone.action)
    made = client.certificates.create_managed("managed", [f"app.certificates-{NAME}"], labels={"of": "me"})
    done(made.action)
    certificate = client.certificates.get_by_id(made.certificate.id)
    assert (certificate.type, certificate.domain_names) == ("managed", [f"app.certificates-{NAME}"])
    assert (certificate.status.issuance, certificate.status.error) == ("completed", None)
    has_actions(client.certificates, certificate, "create_certificate")
    try:
        # There is nothing to try again; which code says so is not documented.
        client.certificates.retry_issuance(certificate)
    except Exception as error:  # pylint: disable=broad-except
        assert type(error).__name__ == "APIException", error
    assert certificate.delete()
    done(zone.zone.delete().action)
