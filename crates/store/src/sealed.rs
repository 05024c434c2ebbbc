//! Ciphertext, kept beside a case for those who must be able to restore a value. What
//! is handed in here was encrypted to a key that is not in the database.

use leeward_model::Fingerprint;

use crate::{log::hexadecimal, store::Store, trouble::Trouble};

impl Store {
    /// Keeps ciphertext under a role, such as `old` or `new`; one that is there is
    /// replaced.
    pub fn seal(
        &mut self,
        fingerprint: &Fingerprint,
        role: &str,
        sealed: &[u8],
    ) -> Result<(), Trouble> {
        let bound = [fingerprint.to_string().into(), role.into(), hexadecimal(sealed).into()];
        self.db.write(|db| {
            db.execute(
                "INSERT INTO sealed (fingerprint, role, body) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (fingerprint, role) DO UPDATE SET body = excluded.body",
                &bound,
            )?;
            Ok(())
        })
    }

    /// Ciphertext that was kept under a role.
    pub fn sealed(
        &mut self,
        fingerprint: &Fingerprint,
        role: &str,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let sql = "SELECT body FROM sealed WHERE fingerprint = ?1 AND role = ?2";
        let bound = [fingerprint.to_string().into(), role.into()];
        self.db.one(sql, &bound, |row| bytes(row.text(0)?))
    }
}

fn bytes(digits: &str) -> Result<Vec<u8>, Trouble> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(pair).collect();
    bytes.ok_or_else(|| Trouble::Corrupt("ciphertext that is not written as such".to_owned()))
}
