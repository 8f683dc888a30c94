//! Where the store is, from what the administrator wrote. It touches no file and no network.

use std::path::{Path, PathBuf};

use sqlx::any::AnyConnectOptions;

use crate::error::StoreError;

/// A location that the store can open.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// An SQLite file.
    File(PathBuf),
    /// A PostgreSQL server.
    Server {
        /// Everything that the driver needs, password included.
        options: AnyConnectOptions,
        /// Host and database, for messages.
        shown: String,
    },
}

impl Location {
    /// Reads what the administrator wrote.
    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return server(text);
        }
        let (path, is_url) = match text.strip_prefix("sqlite:") {
            Some(rest) => (rest.strip_prefix("//").unwrap_or(rest), true),
            None => (text, false),
        };
        let refuse = |why: &str| Err(StoreError::Location { location: text.to_owned(), why: why.to_owned() });
        if path.is_empty() {
            return refuse("it names no file");
        }
        if path.contains(":memory:") {
            return refuse("memory is forgotten when the engine ends");
        }
        if path.contains('\0') {
            return refuse("a path has no NUL characters");
        }
        if is_url && path.contains(['?', '#']) {
            return refuse("options are not supported in the URL of a file");
        }
        if path.contains("://") {
            // Whatever it is, it may have a password in it.
            let scheme = path.split("://").next().unwrap_or_default();
            let why = format!("the scheme {scheme:?} is not known");
            return Err(StoreError::Location { location: format!("{scheme}://…"), why });
        }
        Ok(Self::File(PathBuf::from(path)))
    }

    /// The location for messages: no user, no password.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Server { shown, .. } => shown.clone(),
        }
    }
}

fn server(text: &str) -> Result<Location, StoreError> {
    let refuse = |why: String| StoreError::Location { location: "postgres://…".to_owned(), why };
    let options: AnyConnectOptions = text.parse().map_err(|error: sqlx::Error| refuse(error.to_string()))?;
    let url = &options.database_url;
    // The driver prefers a host (or a socket's folder) that is given as a parameter.
    let parameter = url.query_pairs().find(|(name, _)| name == "host").map(|(_, value)| value.into_owned());
    let host = parameter.unwrap_or_else(|| url.host_str().unwrap_or("localhost").to_owned());
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("postgres://{host}{port}{}", url.path());
    Ok(Location::Server { options, shown })
}

/// The driver's options for an SQLite file that exists.
pub(crate) fn file_options(path: &Path) -> Result<AnyConnectOptions, StoreError> {
    use std::fmt::Write;
    let mut url = "sqlite://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => url.push(char::from(*byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(url, "%{byte:02X}")),
        }
    }
    url.push_str("?mode=rw");
    url.parse().map_err(|error: sqlx::Error| StoreError::Location {
        location: path.display().to_string(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> PathBuf {
        match Location::parse(text).unwrap() {
            Location::File(path) => path,
            Location::Server { shown, .. } => panic!("{text} was taken for the server {shown}"),
        }
    }

    #[test]
    fn a_path_and_an_sqlite_url_name_the_same_file() {
        for text in
            ["/var/lib/skerry/engine.db", "sqlite:///var/lib/skerry/engine.db", "sqlite:/var/lib/skerry/engine.db"]
        {
            assert_eq!(file(text), Path::new("/var/lib/skerry/engine.db"));
        }
        assert_eq!(file("what?.db"), Path::new("what?.db"));
    }

    #[test]
    fn what_is_no_store_is_refused_with_the_reason() {
        for text in [
            "",
            "sqlite://",
            "sqlite::memory:",
            "sqlite:///a.db?mode=ro",
            "mysql://u:secret@h/d",
            "a\0b",
            "postgres://[bad/",
        ] {
            let error = Location::parse(text).unwrap_err();
            assert!(matches!(error, StoreError::Location { .. }), "{text}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let location = Location::parse("postgresql://skerry:secret@db.example:5433/engine?sslmode=require").unwrap();
        assert_eq!(location.shown(), "postgres://db.example:5433/engine");
    }

    #[test]
    fn a_path_survives_its_way_through_the_drivers_url() {
        let options = file_options(Path::new("/a b/100%?#é.db")).unwrap();
        assert_eq!(options.database_url.as_str(), "sqlite:///a%20b/100%25%3F%23%C3%A9.db?mode=rw");
    }

    proptest::proptest! {
        #[test]
        fn no_location_makes_the_parser_panic(text in "(sqlite:|postgres://|postgresql://|[a-z]+://)?.{0,40}") {
            let _ = Location::parse(&text).map(|location| location.shown());
        }
    }
}
