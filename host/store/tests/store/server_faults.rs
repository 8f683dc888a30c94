//! What happens when the PostgreSQL server is not as it should be.

use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use skerry_store::{Store, StoreError};

use crate::support::cluster::Cluster;
use crate::support::rows::{create, happened, new};
use crate::support::{Place, block_on, chain, is_root};

/// Ends the connection that holds a store's claim, as an administrator or a network could.
const END_THE_CLAIM: &str = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[test]
fn a_server_that_is_not_there_is_named_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://skerry:secret@localhost/engine?host={}", folder.path().display());
    let error = block_on(Store::open(&url)).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{}", chain(&error));
    assert!(error.to_string().contains("check that it runs"), "{error}");
    assert!(!format!("{error:?}{}", chain(&error)).contains("secret"), "{error:?}");
}

#[test]
fn a_server_that_refuses_user_or_database_is_named() {
    let Some(cluster) = Cluster::start_or_skip("a_server_that_refuses_user_or_database_is_named") else { return };
    for url in [cluster.url("missing"), cluster.url("postgres").replace("skerry@", "nobody@")] {
        let error = block_on(Store::open(&url)).unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{}", chain(&error));
    }
}

#[test]
fn a_server_that_crashes_and_comes_back_has_everything_and_the_store_goes_on() {
    let name = "a_server_that_crashes_and_comes_back_has_everything_and_the_store_goes_on";
    let Some(mut cluster) = Cluster::start_with(name, &[]) else { return };
    block_on(async {
        let url = cluster.url("postgres");
        let store = Store::open(&url).await.unwrap();
        create(&store, "a").await;
        assert_eq!(store.load().await.unwrap().len(), 1);
        cluster.crash();
        let error = store.insert(&new("b"), None, &happened(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{}", chain(&error));
        let error = store.load().await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{}", chain(&error));
        cluster.start();
        store.check().await.unwrap();
        assert_eq!(create(&store, "c").await, 2);
        assert_eq!(store.load().await.unwrap().len(), 2);
        cluster.crash();
        cluster.start();
        assert_eq!(create(&store, "d").await, 3, "a crash between two writes is not even noticed");
        let error = Store::open(&url).await.unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "the claim was taken anew: {error}");
    });
}

#[test]
fn who_loses_the_claim_loses_the_means_to_write() {
    let Some(cluster) = Cluster::start_or_skip("who_loses_the_claim_loses_the_means_to_write") else { return };
    block_on(async {
        let place = Place::server(&cluster).await;
        let first = place.open().await;
        create(&first, "a").await;
        place.sql(END_THE_CLAIM).await;
        assert_eq!(create(&first, "b").await, 2, "nobody else was there, so it is taken back");
        place.sql(END_THE_CLAIM).await;
        let second = place.open().await;
        let error = first.insert(&new("c"), None, &happened(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "{}", chain(&error));
        assert_eq!(create(&second, "d").await, 3);
        drop(second);
        assert_eq!(create(&first, "e").await, 4, "and works again once the other one has gone");
    });
}

#[test]
fn a_connection_lost_during_the_commit_leaves_the_outcome_open() {
    let name = "a_connection_lost_during_the_commit_leaves_the_outcome_open";
    let Some(cluster) = Cluster::start_or_skip(name) else { return };
    block_on(async {
        let place = Place::server(&cluster).await;
        let store = place.open().await;
        place
            .sql(
                "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); RETURN NULL; END $$; \
                 CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON setting DEFERRABLE INITIALLY DEFERRED \
                 FOR EACH ROW EXECUTE FUNCTION hang_up()",
            )
            .await;
        let error = store.set_setting("a", "b").await.unwrap_err();
        assert!(matches!(error, StoreError::OutcomeUnknown { .. }), "{}", chain(&error));
        place.sql("DROP TRIGGER hang_up ON setting").await;
        store.set_setting("a", "c").await.unwrap();
        assert_eq!(store.setting("a").await.unwrap().as_deref(), Some("c"));
    });
}

#[test]
fn a_server_that_only_lets_read_is_named_and_heals() {
    let Some(cluster) = Cluster::start_or_skip("a_server_that_only_lets_read_is_named_and_heals") else { return };
    block_on(async {
        let place = Place::server(&cluster).await;
        let store = place.open().await;
        create(&store, "a").await;
        let Place::Server(_, name) = &place else { panic!() };
        place.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
        place.sql(END_THE_CLAIM).await;
        let error = store.insert(&new("b"), None, &happened(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{}", chain(&error));
        assert_eq!(store.load().await.unwrap().len(), 1, "reads go on");
        let postgres = Place::Server(&cluster, "postgres".to_owned());
        postgres.sql(&format!("ALTER DATABASE {name} RESET ALL")).await;
        assert_eq!(create(&store, "b").await, 2);
    });
}

#[test]
fn a_servers_full_disk_is_named_loses_nothing_and_heals() {
    let name = "a_servers_full_disk_is_named_loses_nothing_and_heals";
    if !is_root() {
        eprintln!("skipped {name}: only root can mount a small disk");
        return;
    }
    let Some(cluster) = Cluster::start_or_skip(name) else { return };
    let folder = cluster.folder_of_its_own("small-disk");
    let (uid, gid) = cluster.owner().unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(&folder).status();
    if !mount.is_ok_and(|status| status.success()) {
        eprintln!("skipped {name}: cannot mount a tmpfs");
        return;
    }
    let _unmount = Unmount(folder.clone());
    chown(&folder, Some(uid), Some(gid)).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
    let filler = folder.join("filler");
    block_on(async {
        let postgres = Place::Server(&cluster, "postgres".to_owned());
        postgres.sql(&format!("CREATE TABLESPACE small LOCATION '{}'", folder.display())).await;
        postgres.sql("CREATE DATABASE small TABLESPACE small").await;
        std::fs::write(&filler, vec![0; 8 << 20]).unwrap();
        let place = Place::Server(&cluster, "small".to_owned());
        let store = place.open().await;
        let mut runtime = new("a");
        let mut state = 1_u64;
        // Without repetition, or the server compresses it.
        runtime.document = (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'!' + ((state >> 33) % 90) as u8)
            })
            .collect();
        let mut accepted = 0;
        let error = loop {
            match store.insert(&runtime, None, &happened(1)).await {
                Ok(_) => accepted += 1,
                Err(error) => break error,
            }
            assert!(accepted < 200, "24 MiB never got full");
        };
        assert!(matches!(error, StoreError::DiskFull { .. }), "{}", chain(&error));
        assert_eq!(store.load().await.unwrap().len(), accepted, "reads go on");
        std::fs::remove_file(&filler).unwrap();
        store.insert(&runtime, None, &happened(1)).await.unwrap();
        assert_eq!(store.load().await.unwrap().len(), accepted + 1);
    });
}

/// Unmounts at the end, also when the test fails.
struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
