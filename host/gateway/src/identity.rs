//! Who a request comes from: the one place where that is decided.

use std::sync::Arc;

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The user's name.
    pub user: Arc<str>,
}

/// A user who may make requests.
#[derive(Clone, Debug)]
pub struct User {
    /// The name, as it is written in the credentials.
    pub name: String,
    /// The password's argon2id hash in the PHC string format.
    pub password_hash: String,
}

/// All users.
#[derive(Debug, Default)]
pub struct Users {}

/// Why a request comes from nobody that is known (401).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// No credentials.
    #[error("no credentials; send HTTP Basic")]
    Missing,
    /// Credentials that are not right.
    #[error("unknown user or wrong password")]
    Wrong,
}
