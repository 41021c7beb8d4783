package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func uploadedCertificates(client *hcloud.Client) {
	opts := newCertificate("certificate", "www.example.com")
	certificate := got(client.Certificate.Create(ctx, opts))
	equal(certificate.Type, hcloud.CertificateTypeUploaded)
	equal(certificate.DomainNames[0], "www.example.com")
	require(certificate.Fingerprint != "" && certificate.NotValidBefore.Before(certificate.NotValidAfter), "it was not read")
	lists(&client.Certificate, func(each *hcloud.Certificate) (int64, string) { return each.ID, each.Name },
		func(opts hcloud.ListOpts) hcloud.CertificateListOpts {
			return hcloud.CertificateListOpts{ListOpts: opts}
		}, "of=me", certificate)
	refused(hcloud.ErrorCodeUniquenessError, refusal(client.Certificate.CreateCertificate(ctx, newCertificate("certificate", "other.example.com"))))
	mismatch := newCertificate("mismatch", "www.example.com")
	mismatch.PrivateKey = opts.PrivateKey
	refused(hcloud.ErrorCodeInvalidInput, refusal(client.Certificate.Create(ctx, mismatch)))
	equal(got(client.Certificate.Update(ctx, certificate, hcloud.CertificateUpdateOpts{Name: "renamed", Labels: none})).Name, "renamed")
	deleted(client.Certificate.Delete(ctx, certificate))
}

func managedCertificates(client *hcloud.Client) {
	// Only names below a zone of the project can be proven.
	zone := got(client.Zone.Create(ctx, hcloud.ZoneCreateOpts{Name: "certificates-" + zoneName, Mode: hcloud.ZoneModePrimary}))
	done(client, zone.Action)
	made := got(client.Certificate.CreateCertificate(ctx, hcloud.CertificateCreateOpts{
		Name: "managed", Type: hcloud.CertificateTypeManaged, DomainNames: []string{"app.certificates-" + zoneName},
	}))
	done(client, made.Action)
	certificate := got(client.Certificate.GetByID(ctx, made.Certificate.ID))
	equal(certificate.Status.Issuance, hcloud.CertificateStatusTypeCompleted)
	history(client.Certificate.Action, certificate, "create_certificate")
	// There is nothing to try again; with which code that is refused is not documented.
	_, _, err := client.Certificate.RetryIssuance(ctx, certificate)
	refused("", err)
	deleted(client.Certificate.Delete(ctx, certificate))
	done(client, got(client.Zone.Delete(ctx, zone.Zone)).Action)
}

// newCertificate is a self-signed certificate for a domain name, and its key.
func newCertificate(name, domain string) hcloud.CertificateCreateOpts {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: domain},
		DNSNames:     []string{domain},
		NotBefore:    time.Now().AddDate(0, 0, -1),
		NotAfter:     time.Now().AddDate(0, 0, 90),
	}
	certificate := all(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	private := all(x509.MarshalPKCS8PrivateKey(key))
	return hcloud.CertificateCreateOpts{
		Name:        name,
		Type:        hcloud.CertificateTypeUploaded,
		Labels:      mine,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
		PrivateKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}
}
