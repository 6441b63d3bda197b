//! The certificate authorities we trust: the operating system's, the endpoint's own CA file, and Mozilla's where the
//! system has none. Loaded on first use, off the event loop (they cost 4 to 300 ms). There is no switch that trusts all.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

use crate::domain::cause::Fault;

/// Loaded once for all endpoints.
static SYSTEM: OnceCell<Arc<RootCertStore>> = OnceCell::const_new();

/// The TLS settings of one endpoint. A plain-http endpoint needs no roots, and does not wait for them.
///
/// # Errors
/// [`Fault::File`] for a CA file that cannot be read, [`Fault::Certificate`] if TLS itself cannot be set up.
pub(super) async fn settings(secure: bool, ca_file: Option<&Path>) -> Result<ClientConfig, Fault> {
    let mut roots = Arc::new(RootCertStore::empty());
    if secure {
        roots = Arc::clone(SYSTEM.get_or_init(load_system).await);
        if let Some(path) = ca_file {
            let path = path.to_owned();
            let base = Arc::clone(&roots);
            roots = tokio::task::spawn_blocking(move || with_file(&base, &path))
                .await
                .map_err(|_| handshake("the CA file could not be read"))??
                .into();
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| handshake(&error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

async fn load_system() -> Arc<RootCertStore> {
    let loaded = tokio::task::spawn_blocking(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    })
    .await
    .unwrap_or_else(|_| RootCertStore::empty());
    if !loaded.is_empty() {
        return Arc::new(loaded);
    }
    tracing::warn!("this machine has no certificate authorities; using Mozilla's list that is built in");
    Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
}

fn with_file(base: &RootCertStore, path: &Path) -> Result<RootCertStore, Fault> {
    let wrong = |why: String| Fault::File { path: path.display().to_string(), why };
    let mut roots = base.clone();
    let found = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let mut count = 0;
    for certificate in found {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        count += 1;
    }
    if count == 0 { Err(wrong("holds no certificate in PEM form".into())) } else { Ok(roots) }
}

fn handshake(why: &str) -> Fault {
    Fault::Certificate { why: format!("handshake failed: {why}") }
}
