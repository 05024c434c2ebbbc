//! Certificates for the server, made when it starts by an authority that is
//! made for it: good ones and bad ones. They say to be for the provider's
//! names too, so that a test can lead those here.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};

/// The names of the good certificates.
const NAMES: &[&str] = &[
    "127.0.0.1",
    "localhost",
    "gateway.example",
    "api.mistral.ai",
    "api.eu.mistral.ai",
    "api.us.mistral.ai",
    "codestral.mistral.ai",
    "console.mistral.ai",
];

/// What is right or wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Nothing wrong, for one who trusts the authority.
    Valid,
    /// It was valid until 2021.
    Expired,
    /// It is for a host that is not asked for.
    WrongHost,
    /// Another authority than the one that is shown to the test signed it.
    UnknownIssuer,
}

/// The authority to trust, and what the server needs.
pub(crate) struct Identity {
    pub(crate) ca_pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

impl Tls {
    pub(crate) fn identity(self) -> Identity {
        let (shown, pem) = authority("Leeward's authority for tests");
        let signer = match self {
            Self::UnknownIssuer => authority("an authority of nobody's").0,
            _ => shown,
        };
        let names = if self == Self::WrongHost { &["elsewhere.example"][..] } else { NAMES };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        let end = if self == Self::Expired { 2021 } else { 2100 };
        params.not_after = date_time_ymd(end, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &signer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        Identity { ca_pem: pem, config: Arc::new(config) }
    }
}

/// A new authority, and its certificate.
fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (Issuer::new(params, key), certificate.pem())
}
