//! Rules of the decision who a request comes from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::passwords::cheap_hash;
use super::*;

fn user(name: &str, password: &str) -> User {
    User { name: name.to_owned(), password_hash: cheap_hash(password) }
}

fn basic(name: &str, password: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))).unwrap()
}

#[tokio::test]
async fn each_user_has_one_password() {
    let users = Users::new(vec![user("anna", "a"), user("bert", "b")]).unwrap();
    for _ in 0..3 {
        for name in ["anna", "bert"] {
            let identity = users.authenticate(Some(&basic(name, &name[..1]))).await.unwrap();
            assert_eq!(&*identity.user, name);
        }
        for (name, password) in [("anna", "b"), ("bert", "a"), ("anna", ""), ("carl", "a"), ("", "a"), ("Anna", "a")] {
            let result = users.authenticate(Some(&basic(name, password))).await;
            assert_eq!(result, Err(Unauthenticated::Wrong), "{name}:{password}");
        }
    }
    assert_eq!(users.authenticate(None).await, Err(Unauthenticated::Missing));
}

#[tokio::test]
async fn without_users_nobody_is_right() {
    let users = Users::default();
    assert_eq!(users.authenticate(Some(&basic("admin", ""))).await, Err(Unauthenticated::Wrong));
}

#[tokio::test]
async fn a_right_password_is_hashed_once() {
    let users = Users::new(vec![user("anna", "a")]).unwrap();
    users.authenticate(Some(&basic("anna", "a"))).await.unwrap();
    // Nobody gets a turn any more: only what is remembered is still found right.
    users.shared.turns.hashing.close();
    assert!(users.authenticate(Some(&basic("anna", "a"))).await.is_ok());
    assert!(users.authenticate(Some(&basic("anna", "b"))).await.is_err());
}

#[tokio::test]
async fn a_flood_of_passwords_is_sent_away_and_those_that_are_known_pass() {
    let users = Users::new(vec![user("anna", "a")]).unwrap();
    users.authenticate(Some(&basic("anna", "a"))).await.unwrap();
    let _all = users.shared.turns.waiting.acquire_many((HASHES_AT_ONCE + HASHES_WAITING) as u32).await.unwrap();
    assert_eq!(users.authenticate(Some(&basic("anna", "b"))).await, Err(Unauthenticated::Busy));
    assert!(users.authenticate(Some(&basic("anna", "a"))).await.is_ok());
}

#[test]
fn a_bad_hash_or_name_is_an_error_that_names_the_user() {
    let bad = User { name: "anna".to_owned(), password_hash: "secret".to_owned() };
    let error = Users::new(vec![bad]).unwrap_err().to_string();
    assert!(error.contains("`anna`") && !error.contains("secret"), "{error}");
    for name in ["", "a:b", "a\nb", &"x".repeat(129)] {
        assert!(matches!(Users::new(vec![user(name, "x")]), Err(UsersError::BadName(_))), "{name}");
    }
    assert!(matches!(Users::new(vec![user("a", "x"), user("a", "y")]), Err(UsersError::Twice(_))));
}

#[test]
fn nothing_secret_is_printed() {
    let anna = user("anna", "a");
    let hash = anna.password_hash.clone();
    let users = Users::new(vec![anna.clone()]).unwrap();
    let printed = format!("{anna:?} {users:?}");
    assert!(printed.contains("anna") && !printed.contains(&hash[20..]), "{printed}");
}
