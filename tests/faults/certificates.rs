//! Certificates for the fault server: one authority of our own, and leaves that are right or wrong in one way each.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority and one leaf that it signed.
pub struct Signed {
    /// What a client may trust, in PEM form.
    pub authority: String,
    /// What the server shows.
    pub server: Arc<ServerConfig>,
}

/// A leaf for `name` that ended in the given year.
pub fn signed(name: &str, until: i32) -> Signed {
    let mut authority = CertificateParams::new(Vec::<String>::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let authority_certificate = authority.self_signed(&authority_key).expect("signed");
    let issuer = Issuer::new(authority, authority_key);

    let mut leaf = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    leaf.not_before = date_time_ymd(2015, 1, 1);
    leaf.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let certificate = leaf.signed_by(&key, &issuer).expect("signed");

    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a server");
    Signed { authority: authority_certificate.pem(), server: Arc::new(server) }
}
