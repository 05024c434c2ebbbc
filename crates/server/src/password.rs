//! Passwords: what is kept of them, and whether one is right. Each look costs memory
//! and time on purpose, the same for a name that nobody has, and few are taken at once.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use rand::RngExt as _;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{draw, problem::Problem};

/// How many are looked at at once. Each takes 19 MiB and a core, so two cores are busy
/// and no more memory is taken than that.
const AT_ONCE: usize = 2;

/// The fewest characters of a password.
pub(crate) const SHORTEST: usize = 12;

/// The most bytes: what is longer is no password, and would cost its sender nothing.
pub(crate) const LONGEST: usize = 256;

/// Makes and compares hashes: Argon2id with 19 MiB, two passes, one lane, as OWASP
/// recommends, which is what the library does by default.
#[derive(Clone)]
pub(crate) struct Passwords {
    room: Arc<Semaphore>,
    /// Of a password that nobody has.
    nobody: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, Problem> {
        let nobody = hash(draw::value().as_bytes())?;
        Ok(Self { room: Arc::new(Semaphore::new(AT_ONCE)), nobody: nobody.into() })
    }

    /// What is kept of a password that somebody chose.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, Problem> {
        let _room = self.room.acquire().await.map_err(|_| Problem::broken())?;
        let done = tokio::task::spawn_blocking(move || hash(password.as_bytes())).await;
        done.map_err(|_| Problem::broken())?
    }

    /// Whether a password is the one of which this is kept. Without anything kept it is
    /// not, and that takes as long.
    pub(crate) async fn is_right(
        &self,
        password: Zeroizing<String>,
        kept: Option<String>,
    ) -> Result<bool, Problem> {
        let _room = self.room.acquire().await.map_err(|_| Problem::broken())?;
        let nobody = Arc::clone(&self.nobody);
        let done = tokio::task::spawn_blocking(move || {
            let known = kept.as_deref().unwrap_or(&nobody);
            let right = Argon2::default().verify_password(password.as_bytes(), known).is_ok();
            right && kept.is_some()
        });
        done.await.map_err(|_| Problem::broken())
    }
}

fn hash(password: &[u8]) -> Result<String, Problem> {
    let salt: [u8; 16] = rand::rng().random();
    let made: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(password, &salt);
    made.map(|hash| hash.to_string()).map_err(|_| Problem::broken())
}

/// Whether a password may be chosen for a name, and what it lacks if not.
pub(crate) fn check(password: &str, name: &str) -> Result<(), Problem> {
    if password.len() > LONGEST {
        return Err(Problem::bad(format!("a password has at most {LONGEST} bytes")));
    }
    if password.chars().count() < SHORTEST {
        return Err(Problem::bad(format!("a password has at least {SHORTEST} characters")));
    }
    let distinct: std::collections::BTreeSet<char> = password.chars().collect();
    if password.to_lowercase().contains(&name.to_lowercase()) || distinct.len() < 5 {
        return Err(Problem::bad(
            "a password does not hold the account's name, and has more than four different \
             characters",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_one_is_right_and_nobody_has_none() {
        let passwords = Passwords::new().unwrap();
        let word = || draw::value();
        let chosen = word();
        let kept = passwords.hash(chosen.clone()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(passwords.is_right(chosen.clone(), Some(kept.clone())).await.unwrap());
        assert!(!passwords.is_right(word(), Some(kept)).await.unwrap());
        assert!(!passwords.is_right(chosen.clone(), None).await.unwrap());
        assert!(!passwords.is_right(chosen, Some("nonsense".to_owned())).await.unwrap());
    }

    #[test]
    fn weak_ones_are_refused() {
        for weak in ["short", "aaaaaaaaaaaaaaaa", "my-name-is-ann-x", &"é".repeat(200)] {
            assert!(check(weak, "ann").is_err(), "{weak}");
        }
        assert!(check("correct horse battery", "ann").is_ok());
    }
}
