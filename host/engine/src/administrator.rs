//! Who may use the engine: the users of the settings or, where there are none, `admin` alone.
//!
//! The administrator's password is that of `SKERRY_ADMIN_PASSWORD`; without it one is made at the first start, shown once,
//! and only its hash is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use skerry_gateway::{User, Users, hash_password};
use skerry_store::Store;

use crate::live_vm::chain;
use crate::settings::Settings;

/// The only user where the settings have none.
pub const ADMINISTRATOR: &str = "admin";
/// The variable that holds the administrator's password.
pub const PASSWORD_VARIABLE: &str = "SKERRY_ADMIN_PASSWORD";
/// The store's name for the hash.
const HASH_SETTING: &str = "admin_password_hash";
/// Random bytes of a password that is made: 120 bits.
const PASSWORD_BYTES: usize = 15;

/// The users, and a password to be shown.
pub(crate) struct Administrator {
    /// Who may use the engine.
    pub users: Users,
    /// The administrator's password, if it was made just now.
    pub new_password: Option<String>,
}

/// Finds out who may use the engine.
///
/// # Errors
/// In words: a hash that is none, a store that does not answer, no random bytes.
pub(crate) async fn users(settings: &Settings, store: &Store) -> Result<Administrator, String> {
    if !settings.users.is_empty() {
        let users = settings.users.iter();
        let users = users.map(|(name, hash)| User { name: name.clone(), password_hash: hash.clone() }).collect();
        return Ok(Administrator { users: known(users)?, new_password: None });
    }
    let given = std::env::var(PASSWORD_VARIABLE).ok().filter(|password| !password.is_empty());
    let stored = store.setting(HASH_SETTING).await.map_err(|error| chain(&error))?;
    let (hash, new_password) = match (given, stored) {
        (Some(password), _) => (hashed(password).await?, None),
        (None, Some(hash)) => (hash, None),
        (None, None) => {
            let password = random_password()?;
            let hash = hashed(password.clone()).await?;
            store.set_setting(HASH_SETTING, &hash).await.map_err(|error| chain(&error))?;
            (hash, Some(password))
        }
    };
    let user = User { name: ADMINISTRATOR.to_owned(), password_hash: hash };
    Ok(Administrator { users: known(vec![user])?, new_password })
}

fn known(users: Vec<User>) -> Result<Users, String> {
    Users::new(users).map_err(|error| chain(&error))
}

async fn hashed(password: String) -> Result<String, String> {
    let hashing = tokio::task::spawn_blocking(move || hash_password(&password).map_err(|error| error.to_string()));
    hashing.await.map_err(|error| error.to_string())?
}

fn random_password() -> Result<String, String> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| format!("the host has no random bytes: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
