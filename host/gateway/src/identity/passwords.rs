//! Makes, reads and checks argon2id hashes in the PHC string format.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params};

/// Most memory that a hash may ask for, in KiB: two are computed at once.
const MOST_MEMORY_KIB: u32 = 256 * 1024;

/// Most rounds that a hash may ask for.
const MOST_ROUNDS: u32 = 100;

/// Why there is no hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Not a hash of the kind that is expected.
    #[error("not an argon2id hash in the PHC format (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`): {0}")]
    Malformed(String),
    /// A hash that would take too much of the machine at each wrong password.
    #[error("hash asks for {memory_kib} KiB and {rounds} rounds, at most 262144 and 100 are allowed")]
    TooCostly {
        /// Its memory in KiB.
        memory_kib: u32,
        /// Its rounds.
        rounds: u32,
    },
    /// A password that cannot be hashed.
    #[error("password cannot be hashed: {0}")]
    NotHashed(String),
}

/// Hashes a password with argon2id, the crate's recommended cost (19 MiB, two rounds) and a random salt.
///
/// Takes tens of milliseconds: call it from a thread that may block.
///
/// # Errors
/// No random numbers, or a password of gigabytes.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| PasswordError::NotHashed(error.to_string()))
}

/// Reads a hash, and finds whatever would make it useless later.
pub(super) fn parse(text: &str) -> Result<PasswordHash, PasswordError> {
    let malformed = |reason: &str| PasswordError::Malformed(reason.to_owned());
    let hash = PasswordHash::new(text).map_err(|error| malformed(&error.to_string()))?;
    if hash.algorithm != Algorithm::Argon2id.ident() {
        return Err(malformed("another algorithm"));
    }
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(malformed("no salt or no hash in it"));
    }
    let params = Params::try_from(&hash).map_err(|error| malformed(&error.to_string()))?;
    if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_ROUNDS {
        return Err(PasswordError::TooCostly { memory_kib: params.m_cost(), rounds: params.t_cost() });
    }
    Ok(hash)
}

/// Whether this is the password. Takes as long as the hash's own parameters say.
pub(super) fn is_right(password: &[u8], hash: &PasswordHash) -> bool {
    Argon2::default().verify_password(password, hash).is_ok()
}

/// A hash that costs next to nothing, for tests of everything but its cost.
#[cfg(test)]
pub(super) fn cheap_hash(password: &str) -> String {
    let params = Params::new(8, 1, 1, None).unwrap();
    Argon2::from(params).hash_password(password.as_bytes()).unwrap().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_and_no_other() {
        let text = hash_password("open sesame").unwrap();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        let hash = parse(&text).unwrap();
        assert!(is_right(b"open sesame", &hash));
        assert!(!is_right(b"open sesame ", &hash));
        assert!(!is_right(b"", &hash));
    }

    #[test]
    fn a_hash_that_could_never_fit_is_refused_at_once() {
        let argon2i = cheap_hash("x").replace("argon2id", "argon2i");
        let without_hash = cheap_hash("x").rsplit_once('$').unwrap().0.to_owned();
        for text in ["", "x", "open sesame", "$2b$12$abcdefghijklmnopqrstuu", "$argon2id$v=19", &argon2i, &without_hash]
        {
            assert!(matches!(parse(text), Err(PasswordError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn a_hash_may_not_take_the_whole_machine() {
        let costly = cheap_hash("x").replace("m=8,t=1", "m=4000000,t=1");
        assert_eq!(parse(&costly), Err(PasswordError::TooCostly { memory_kib: 4_000_000, rounds: 1 }));
    }
}
