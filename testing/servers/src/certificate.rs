//! Certificates for servers of tests, made when they start by an authority of their own.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// Writes `server.pem` and `server.key`, for `localhost`, and `issuer.pem`, the certificate
/// of whoever issued them. `own` is shown each file that the server must read.
pub(crate) fn certify(directory: &Path, own: &dyn Fn(&Path)) {
    let key = KeyPair::generate().expect("a key can be made");
    let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = params.self_signed(&key).expect("a key signs for itself");
    fs::write(directory.join("issuer.pem"), issuer.pem()).expect("the directory is ours");
    let signer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key can be made");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a valid name");
    let certificate = params.signed_by(&key, &signer).expect("the issuer signs");
    for (name, text) in [("server.pem", certificate.pem()), ("server.key", key.serialize_pem())] {
        let path = directory.join(name);
        fs::write(&path, text).expect("the directory is ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        own(&path);
    }
}
