//! Who a request comes from: the one place where that is decided, and what it may use.
//!
//! HTTP Basic (RFC 7617) against users with argon2id hashes. A right password costs one hash the first time and
//! microseconds from then on; wrong ones cost a hash each, two at once at most, so that a flood of them is slow for the
//! flooder and not for the machine. An unknown user costs what a wrong password costs. Where users come from is the
//! engine's business.

mod basic;
mod middleware;
mod passwords;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use http::HeaderValue;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use basic::Credentials;
pub use middleware::require_identity;
pub use passwords::{PasswordError, hash_password};

/// The header `WWW-Authenticate` of every 401.
pub const WWW_AUTHENTICATE_VALUE: HeaderValue = HeaderValue::from_static("Basic realm=\"skerry\", charset=\"UTF-8\"");

/// How many passwords are hashed at once: each takes a processor for tens of milliseconds and 19 MiB.
const HASHES_AT_ONCE: usize = 2;

/// How many requests may wait for that. More are sent away at once: what waits longer than its client helps nobody.
const HASHES_WAITING: usize = 64;

/// How long a request waits for its turn to be hashed.
const HASH_PATIENCE: Duration = Duration::from_secs(10);

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The user's name.
    pub user: Arc<str>,
}

impl Identity {
    /// Whether this identity may use what `owner` made. The one place to change once there are roles; until then all
    /// users share everything.
    #[must_use]
    pub fn may_use(&self, _owner: &str) -> bool {
        true
    }
}

/// A user who may make requests.
#[derive(Clone)]
pub struct User {
    /// The name, as it is written in the credentials.
    pub name: String,
    /// The password's argon2id hash in the PHC string format.
    pub password_hash: String,
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a request comes from nobody that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// No credentials, or none of the kind that is understood (401).
    #[error("no credentials; send a user's name and password by HTTP Basic")]
    Missing,
    /// Credentials that are not right (401).
    #[error("unknown user or wrong password")]
    Wrong,
    /// Too many passwords wait to be checked (503).
    #[error("too many passwords wait to be checked; try again")]
    Busy,
}

/// Why users cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// A name that HTTP Basic cannot carry.
    #[error("user name `{0}` is empty, longer than 128 characters or has a colon or a control character in it")]
    BadName(String),
    /// The same name twice.
    #[error("user `{0}` is there twice; remove one of them")]
    Twice(String),
    /// A hash that is not one, or not argon2id.
    #[error("password hash of user `{user}` cannot be used; make one with hash_password")]
    BadHash {
        /// The user.
        user: String,
        /// What is wrong with it.
        source: PasswordError,
    },
    /// No random numbers.
    #[error("no random key for remembering passwords: the system gives no random numbers")]
    NoRandomness,
}

/// All users. Cheap to clone.
#[derive(Clone, Default)]
pub struct Users {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    users: HashMap<Box<str>, Account>,
    /// Whose hash stands in for that of an unknown user.
    stand_in: Option<Arc<PasswordHash>>,
    key: [u8; 32],
    turns: Turns,
}

struct Account {
    identity: Identity,
    hash: Arc<PasswordHash>,
    /// The keyed hash of the right password, once it was seen. There is only one, as long as the process lives.
    seen: OnceLock<[u8; 32]>,
}

struct Turns {
    hashing: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            waiting: Semaphore::new(HASHES_AT_ONCE + HASHES_WAITING),
        }
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.shared.users.keys()).finish()
    }
}

impl Users {
    /// Takes these users.
    ///
    /// # Errors
    /// A name or hash that cannot be used, named by its user; a name that is there twice; no random numbers.
    pub fn new(users: Vec<User>) -> Result<Self, UsersError> {
        let mut shared = Shared::default();
        getrandom::fill(&mut shared.key).map_err(|_| UsersError::NoRandomness)?;
        for user in users {
            if !basic::is_user_name(&user.name) {
                return Err(UsersError::BadName(user.name));
            }
            let hash = passwords::parse(&user.password_hash)
                .map_err(|source| UsersError::BadHash { user: user.name.clone(), source })?;
            let hash = Arc::new(hash);
            shared.stand_in.get_or_insert_with(|| Arc::clone(&hash));
            let identity = Identity { user: user.name.as_str().into() };
            let account = Account { identity, hash, seen: OnceLock::new() };
            if shared.users.insert(user.name.as_str().into(), account).is_some() {
                return Err(UsersError::Twice(user.name));
            }
        }
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Decides who a request with this header `Authorization` comes from.
    pub fn authenticate(
        &self,
        authorization: Option<&HeaderValue>,
    ) -> impl Future<Output = Result<Identity, Unauthenticated>> + Send + use<> {
        let credentials = authorization.ok_or(Unauthenticated::Missing).and_then(basic::parse);
        let known = credentials.map(|credentials| self.recall(&credentials).ok_or(credentials));
        let users = self.clone();
        async move {
            match known? {
                Ok(identity) => Ok(identity),
                Err(credentials) => users.verify(credentials).await,
            }
        }
    }

    /// Whose credentials these are, if they were found right before.
    fn recall(&self, credentials: &Credentials) -> Option<Identity> {
        let account = self.shared.users.get(credentials.user())?;
        let seen = account.seen.get()?;
        equal(seen, &self.shared.keyed_hash(credentials)).then(|| account.identity.clone())
    }

    async fn verify(&self, credentials: Credentials) -> Result<Identity, Unauthenticated> {
        let turns = &self.shared.turns;
        let _waiting = turns.waiting.try_acquire().map_err(|_| Unauthenticated::Busy)?;
        let turn = tokio::time::timeout(HASH_PATIENCE, Arc::clone(&turns.hashing).acquire_owned()).await;
        let turn = turn.map_err(|_| Unauthenticated::Busy)?.map_err(|_| Unauthenticated::Busy)?;
        // Others with the same credentials may have been here in the meantime.
        if let Some(identity) = self.recall(&credentials) {
            return Ok(identity);
        }
        let account = self.shared.users.get(credentials.user());
        let hash = account.map(|account| &account.hash).or(self.shared.stand_in.as_ref());
        let hash = Arc::clone(hash.ok_or(Unauthenticated::Wrong)?);
        let tag = self.shared.keyed_hash(&credentials);
        let right = tokio::task::spawn_blocking(move || {
            // Held here, because a client that goes away does not end the hashing.
            let _turn = turn;
            passwords::is_right(credentials.password(), &hash)
        });
        let right = right.await;
        match (account, right) {
            (Some(account), Ok(true)) => {
                let _ = account.seen.set(tag);
                Ok(account.identity.clone())
            }
            _ => Err(Unauthenticated::Wrong),
        }
    }
}

impl Shared {
    /// A hash that nobody can compute who does not know this process's key. The lengths of user and password are fixed by
    /// a prefix; SHA-256's extension weakness does not matter for what never leaves the process.
    fn keyed_hash(&self, credentials: &Credentials) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.key)
            .chain_update((credentials.user().len() as u64).to_le_bytes())
            .chain_update(credentials.user())
            .chain_update(credentials.password())
            .finalize()
            .into()
    }
}

/// Compares without stopping at the first difference.
fn equal(left: &[u8; 32], right: &[u8; 32]) -> bool {
    let difference = left.iter().zip(right).fold(0, |sum, (left, right)| sum | (left ^ right));
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests;
