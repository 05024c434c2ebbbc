//! A file that holds one value, encrypted to age recipients. Such a file does
//! not say whom it is for, and who encrypts need not be able to read: so
//! recipients are handed in, and whether the file holds a value can be told
//! only with an identity.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::PathBuf,
};

use ::age::{
    DecryptError, Decryptor, Encryptor, Identity, IdentityFile, Recipient,
    armor::{ArmoredReader, ArmoredWriter, Format},
    x25519,
};
use leeward_model::Secret;
use zeroize::Zeroizing;

use super::{
    Access, Destination, Held, Keeper, Receipt, Reference, Trouble, fields::is_same, file::Place,
};

pub(super) struct Age<'a> {
    access: &'a Access,
    file: PathBuf,
}

const BINARY: &[u8] = b"age-encryption.org/";
const ARMORED: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

impl<'a> Age<'a> {
    pub(super) fn new(access: &'a Access, file: PathBuf) -> Self {
        Self { access, file }
    }

    fn recipients(&self) -> Result<Vec<x25519::Recipient>, Trouble> {
        let text = self.lines("LEEWARD_AGE_RECIPIENTS")?.ok_or_else(|| {
            Trouble::Missing(
                "it is not known whom the file is for: set LEEWARD_AGE_RECIPIENTS to a file with \
                 one `age1…` a line"
                    .to_owned(),
            )
        })?;
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let recipients: Result<Vec<x25519::Recipient>, _> = lines.map(str::parse).collect();
        recipients.ok().filter(|recipients| !recipients.is_empty()).ok_or_else(|| {
            Trouble::Missing(
                "the file that LEEWARD_AGE_RECIPIENTS names holds something other than recipients: \
                 write one `age1…` a line"
                    .to_owned(),
            )
        })
    }

    fn lines(&self, variable: &str) -> Result<Option<Zeroizing<String>>, Trouble> {
        let Some(path) = self.access.text(variable) else { return Ok(None) };
        fs::read_to_string(path).map(|text| Some(Zeroizing::new(text))).map_err(|error| {
            Trouble::Missing(format!(
                "the file that {variable} names cannot be read ({}): check the variable",
                error.kind()
            ))
        })
    }

    /// What the file holds; `None` without an identity.
    fn held(&self, bytes: &[u8]) -> Result<Option<Secret>, Trouble> {
        let file = self.file.display();
        if !is_encrypted(bytes) {
            return Err(Trouble::Refused(format!(
                "`{file}` is there and not encrypted by age: name another, or remove it"
            )));
        }
        let Some(text) = self.lines("LEEWARD_AGE_IDENTITY")? else { return Ok(None) };
        let bad_identity = || {
            Trouble::Missing(
                "the file that LEEWARD_AGE_IDENTITY names holds no identity: it is what \
                 `age-keygen` makes"
                    .to_owned(),
            )
        };
        let identities = IdentityFile::from_buffer(text.as_bytes())
            .ok()
            .and_then(|file| file.into_identities().ok())
            .ok_or_else(bad_identity)?;
        let broken = || {
            Trouble::Refused(format!(
                "`{file}` is damaged, age cannot read it: restore or remove it"
            ))
        };
        let opened = Decryptor::new(ArmoredReader::new(bytes)).and_then(|decryptor| {
            decryptor.decrypt(identities.iter().map(|identity| &**identity as &dyn Identity))
        });
        let mut reader = match opened {
            Ok(reader) => reader,
            Err(DecryptError::NoMatchingKeys) => {
                return Err(Trouble::Denied(format!(
                    "`{file}` is not for the identity in LEEWARD_AGE_IDENTITY: name the one that it \
                     is for"
                )));
            }
            Err(_) => return Err(broken()),
        };
        let mut value = Zeroizing::new(Vec::with_capacity(bytes.len()));
        reader.read_to_end(&mut value).map_err(|_| broken())?;
        Ok(Some(Secret::new(value.as_slice())))
    }

    fn encrypted(&self, value: &Secret, armored: bool) -> Result<Vec<u8>, Trouble> {
        let recipients = self.recipients()?;
        let failed = || Trouble::System("age could not encrypt the value: try it again".to_owned());
        let encryptor = Encryptor::with_recipients(
            recipients.iter().map(|recipient| recipient as &dyn Recipient),
        )
        .map_err(|_| failed())?;
        let format = if armored { Format::AsciiArmor } else { Format::Binary };
        let mut bytes = Vec::new();
        let output = ArmoredWriter::wrap_output(&mut bytes, format).map_err(|_| failed())?;
        let mut writer = encryptor.wrap_output(output).map_err(|_| failed())?;
        #[expect(clippy::disallowed_methods, reason = "it is encrypted for whom the user named")]
        writer.write_all(value.expose()).map_err(|_| failed())?;
        writer.finish().and_then(ArmoredWriter::finish).map_err(|_| failed())?;
        Ok(bytes)
    }

    fn receipt(&self, changed: bool, text: String) -> Receipt {
        Receipt::new(changed, text, [("file", self.file.display().to_string())])
    }
}

fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(BINARY) || bytes.starts_with(ARMORED)
}

impl Keeper for Age<'_> {
    fn plan(&self) -> Vec<String> {
        let file = self.file.display();
        vec![format!(
            "encrypt the value to the recipients in LEEWARD_AGE_RECIPIENTS and write it to `{file}` \
             in one go, unless LEEWARD_AGE_IDENTITY can read that it is there already"
        )]
    }

    fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        let file = self.file.display();
        let place = Place::find(&self.file)?;
        let before = place.read()?;
        if let Some(bytes) = &before
            && self.held(bytes)?.is_some_and(|held| is_same(&held, value))
        {
            return Ok(self
                .receipt(false, format!("`{file}` holds the value already: nothing was written")));
        }
        let armored = before.as_ref().is_some_and(|bytes| bytes.starts_with(ARMORED));
        let new = self.encrypted(value, armored)?;
        place.replace(before.as_ref().map(|bytes| bytes.as_slice()), &new)?;
        let text = match before {
            Some(_) => format!("encrypted the value into `{file}`, in the place of what it held"),
            None => format!("encrypted the value into `{file}`, which is new"),
        };
        Ok(self.receipt(true, text))
    }

    fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        let place = Place::find(&self.file)?;
        let Some(bytes) = place.read()? else { return Ok(Held::Absent) };
        Ok(match self.held(&bytes)? {
            Some(held) if is_it(&held) => Held::Yes,
            Some(_) => Held::No,
            None => Held::Unreadable {
                why: format!(
                    "`{}` is read with an identity only: set LEEWARD_AGE_IDENTITY to its file",
                    self.file.display()
                ),
                since: fs::metadata(place.path())
                    .and_then(|found| found.modified())
                    .ok()
                    .and_then(|at| jiff::Timestamp::try_from(at).ok())
                    .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            },
        })
    }

    fn reference(&self) -> Reference {
        Destination::Age { file: self.file.clone() }.reference()
    }
}
