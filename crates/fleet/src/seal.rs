//! What values travel in: sealed boxes (X25519, XSalsa20 and Poly1305, as libsodium's),
//! to a key that the server alone has. A worker can seal and nobody there can open.

use std::{
    fmt, fs,
    io::{self, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_box::{PublicKey, SecretKey, aead::OsRng};
use leeward_model::Secret;
use zeroize::Zeroizing;

/// The server's key.
pub struct Key(SecretKey);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Why there is no key.
#[derive(Debug)]
pub enum KeyTrouble {
    /// The file cannot be read or made.
    File(io::Error),
    /// It holds no key.
    NoKey,
    /// Others may read it.
    Open,
}

impl fmt::Display for KeyTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(f, "the file cannot be used: {error}"),
            Self::NoKey => f.write_str("the file holds no key: remove it, and a new one is made"),
            Self::Open => {
                f.write_str("others may read the file: take their rights away (chmod 600)")
            }
        }
    }
}

impl std::error::Error for KeyTrouble {}

impl Key {
    /// A new one.
    pub fn generate() -> Self {
        Self(SecretKey::generate(&mut OsRng))
    }

    /// The one in a file; a new one if there is no file. What waits in a queue while the
    /// server is away is sealed to it.
    ///
    /// # Errors
    /// If the file is not as it should be.
    pub fn kept_in(path: &Path) -> Result<Self, KeyTrouble> {
        match fs::read(path) {
            Ok(text) => {
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt as _;
                    let mode = fs::metadata(path).map_err(KeyTrouble::File)?.permissions().mode();
                    if mode & 0o077 != 0 {
                        return Err(KeyTrouble::Open);
                    }
                }
                let text = Zeroizing::new(text);
                let bytes = STANDARD.decode(text.trim_ascii()).map_err(|_| KeyTrouble::NoKey)?;
                let bytes = Zeroizing::new(bytes);
                let bytes: [u8; 32] = bytes[..].try_into().map_err(|_| KeyTrouble::NoKey)?;
                Ok(Self(SecretKey::from(*Zeroizing::new(bytes))))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate();
                key.write(path).map_err(KeyTrouble::File)?;
                Ok(key)
            }
            Err(error) => Err(KeyTrouble::File(error)),
        }
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let text = Zeroizing::new(STANDARD.encode(*Zeroizing::new(self.0.to_bytes())));
        let mut file = options.open(path)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    }

    /// What others seal to.
    pub fn public(&self) -> SealTo {
        SealTo(self.0.public_key())
    }

    /// The value in a sealed box, if it was sealed to this key.
    pub(crate) fn open(&self, sealed: &str) -> Option<Secret> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let value = Zeroizing::new(self.0.unseal(&sealed).ok()?);
        Some(Secret::new(value.to_vec()))
    }
}

/// What values are sealed to.
#[derive(Clone, Debug)]
pub struct SealTo(PublicKey);

impl SealTo {
    /// As it travels.
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.0.as_bytes())
    }

    /// What arrived.
    pub fn of_text(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
        Some(Self(PublicKey::from(bytes)))
    }

    /// A value in a sealed box.
    pub(crate) fn seal(&self, value: &Secret) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "it is sealed to the server's key")]
        let sealed = self.0.seal(&mut OsRng, value.expose()).ok()?;
        Some(STANDARD.encode(sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_this_key_alone() {
        let (key, other) = (Key::generate(), Key::generate());
        let to = SealTo::of_text(&key.public().to_text()).unwrap();
        let value = Secret::new(*b"correct horse battery staple");
        let sealed = to.seal(&value).unwrap();
        let family = |secret: &Secret| leeward_model::Fingerprint::new("x", secret);
        assert_eq!(key.open(&sealed).map(|it| family(&it)), Some(family(&value)));
        assert!(other.open(&sealed).is_none() && key.open("?").is_none());
    }

    #[test]
    fn a_key_is_kept_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/fleet.key");
        let made = Key::kept_in(&path).unwrap().public().to_text();
        assert_eq!(Key::kept_in(&path).unwrap().public().to_text(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Key::kept_in(&path), Err(KeyTrouble::Open)));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(&path, "nothing").unwrap();
        assert!(matches!(Key::kept_in(&path), Err(KeyTrouble::NoKey)));
    }
}
