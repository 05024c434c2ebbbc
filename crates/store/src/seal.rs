//! Encrypts a value, and decrypts it again, for those who must be able to restore one:
//! age with a key of X25519 or a passphrase, both outside the database. Without the
//! key nothing here, nor anywhere else in Leeward, brings a value back.

use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    path::Path,
    str::FromStr as _,
};

use age::{
    Decryptor, Encryptor, Identity, Recipient,
    secrecy::{ExposeSecret as _, SecretString},
    x25519,
};
use leeward_model::Secret;
use zeroize::Zeroizing;

/// A key that values are encrypted to.
pub struct Sealer(Key);

enum Key {
    File(x25519::Identity),
    Passphrase(SecretString),
}

/// Why a value was not encrypted or decrypted.
#[derive(Debug)]
pub enum SealTrouble {
    /// The key's file cannot be read or made.
    File(io::Error),
    /// There is a file already, and a key is never written over.
    Exists,
    /// Others may read the key's file.
    Open,
    /// The file holds no key.
    NoKey,
    /// The passphrase is not text.
    NotText,
    /// It was encrypted to another key, or is damaged; what age says.
    Decrypt(age::DecryptError),
    /// What age says.
    Encrypt(age::EncryptError),
}

impl fmt::Display for SealTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(f, "the file of the sealing key cannot be used: {error}"),
            Self::Exists => {
                f.write_str("there is a file already: a key is not written over; name another file")
            }
            Self::Open => f.write_str(
                "others may read the file of the sealing key: take their rights away (chmod 600)",
            ),
            Self::NoKey => f.write_str(
                "the file holds no sealing key: one begins with AGE-SECRET-KEY-1; make one with \
                 `age-keygen`",
            ),
            Self::NotText => f.write_str("the passphrase is not text in UTF-8"),
            Self::Decrypt(error) => write!(
                f,
                "it cannot be decrypted with this key: {error}; name the key it was sealed with"
            ),
            Self::Encrypt(error) => write!(f, "it cannot be encrypted: {error}"),
        }
    }
}

impl std::error::Error for SealTrouble {}

impl Sealer {
    /// With the key in a file, as `age-keygen` writes it. Only its owner may be able to
    /// read it.
    pub fn from_identity_file(path: &Path) -> Result<Self, SealTrouble> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path).map_err(SealTrouble::File)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(SealTrouble::Open);
            }
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(SealTrouble::File)?);
        let mut keys = text.lines().filter_map(|line| x25519::Identity::from_str(line.trim()).ok());
        keys.next().map(|key| Self(Key::File(key))).ok_or(SealTrouble::NoKey)
    }

    /// With a passphrase. Each value takes about a second, so that guessing does too.
    pub fn from_passphrase(passphrase: &Secret) -> Result<Self, SealTrouble> {
        #[expect(clippy::disallowed_methods, reason = "a key is made of the passphrase")]
        let text = std::str::from_utf8(passphrase.expose()).map_err(|_| SealTrouble::NotText)?;
        Ok(Self(Key::Passphrase(SecretString::from(text.to_owned()))))
    }

    /// With a new key, which is written to a new file that only its owner may read.
    pub fn generate(path: &Path) -> Result<Self, SealTrouble> {
        let key = x25519::Identity::generate();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => SealTrouble::Exists,
            _ => SealTrouble::File(error),
        })?;
        let secret = key.to_string();
        let text = Zeroizing::new(format!(
            "# public key: {}\n{}\n",
            key.to_public(),
            secret.expose_secret()
        ));
        // A key that is lost after something was encrypted to it cannot be made again.
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(SealTrouble::File)?;
        Ok(Self(Key::File(key)))
    }

    /// The public key, if there is one.
    pub fn public_key(&self) -> Option<String> {
        match &self.0 {
            Key::File(key) => Some(key.to_public().to_string()),
            Key::Passphrase(_) => None,
        }
    }

    /// A value, encrypted.
    pub fn encrypt(&self, value: &Secret) -> Result<Vec<u8>, SealTrouble> {
        let encryptor = match &self.0 {
            Key::File(key) => {
                let recipient = key.to_public();
                let recipients = std::iter::once(&recipient as &dyn Recipient);
                Encryptor::with_recipients(recipients).map_err(SealTrouble::Encrypt)?
            }
            Key::Passphrase(passphrase) => Encryptor::with_user_passphrase(passphrase.clone()),
        };
        let mut sealed = Vec::new();
        let mut writer = encryptor.wrap_output(&mut sealed).map_err(SealTrouble::File)?;
        #[expect(clippy::disallowed_methods, reason = "it is encrypted")]
        let written = writer.write_all(value.expose()).and_then(|()| writer.finish());
        written.map_err(SealTrouble::File)?;
        Ok(sealed)
    }

    /// The value that was encrypted.
    pub fn decrypt(&self, sealed: &[u8]) -> Result<Secret, SealTrouble> {
        let decryptor = Decryptor::new(sealed).map_err(SealTrouble::Decrypt)?;
        let mut reader = match &self.0 {
            Key::File(key) => decryptor.decrypt(std::iter::once(key as &dyn Identity)),
            Key::Passphrase(passphrase) => {
                let key = age::scrypt::Identity::new(passphrase.clone());
                decryptor.decrypt(std::iter::once(&key as &dyn Identity))
            }
        }
        .map_err(SealTrouble::Decrypt)?;
        // It is shorter than its ciphertext, so it never moves and leaves no copy behind.
        let mut value = Zeroizing::new(Vec::with_capacity(sealed.len()));
        reader.read_to_end(&mut value).map_err(SealTrouble::File)?;
        Ok(Secret::new(Box::<[u8]>::from(value.as_slice())))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use leeward_counterpart::random_value;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test made the value")]
    fn check(sealer: &Sealer, again: &Sealer) {
        let value = random_value();
        let sealed = sealer.encrypt(&Secret::new(value.as_bytes())).unwrap();
        let is_there = sealed.windows(value.len()).any(|window| window == value.as_bytes());
        assert!(!is_there && !format!("{sealer:?}").contains("SECRET"));
        assert_eq!(again.decrypt(&sealed).unwrap().expose(), value.as_bytes());
        let mut broken = sealed.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert!(again.decrypt(&broken).is_err());
        assert!(again.decrypt(b"").is_err());
    }

    #[test]
    fn a_key_in_a_file_brings_the_value_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let sealer = Sealer::generate(&path).unwrap();
        check(&sealer, &Sealer::from_identity_file(&path).unwrap());
        assert!(matches!(Sealer::generate(&path), Err(SealTrouble::Exists)));
        let other = Sealer::generate(&directory.path().join("other")).unwrap();
        let sealed = sealer.encrypt(&Secret::new(*b"value")).unwrap();
        assert!(matches!(other.decrypt(&sealed), Err(SealTrouble::Decrypt(_))));
    }

    #[test]
    fn a_key_that_others_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        Sealer::generate(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Sealer::from_identity_file(&path), Err(SealTrouble::Open)));
        fs::write(&path, "AGE-SECRET-KEY-1NONSENSE").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Sealer::from_identity_file(&path), Err(SealTrouble::NoKey)));
    }

    #[test]
    fn a_passphrase_brings_the_value_back() {
        let with = |word: &[u8]| Sealer::from_passphrase(&Secret::new(word)).unwrap();
        check(&with(b"four words by chance"), &with(b"four words by chance"));
        let sealed = with(b"one").encrypt(&Secret::new(*b"value")).unwrap();
        assert!(with(b"two").decrypt(&sealed).is_err());
    }
}
