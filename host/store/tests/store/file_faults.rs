//! What happens when the file, its folder or its disk are not as they should be.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use skerry_store::{Store, StoreError};

use crate::support::rows::{create, happened, new};
use crate::support::{Place, block_on, chain, is_root};

/// The user "nobody", who owns nothing.
const NOBODY: u32 = 65_534;

/// Where a child of these tests finds the store.
const LOCATION: &str = "SKERRY_STORE_TEST_LOCATION";

/// A small disk of its own, unmounted at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount_or_skip(test: &str) -> Option<Self> {
        if !is_root() {
            eprintln!("skipped {test}: only root can mount a small disk");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(folder.path()).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            other => {
                eprintln!("skipped {test}: cannot mount a tmpfs: {other:?}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn make_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, since a failed test may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// A file with some runtimes, of several hundred pages, closed.
fn filled_file() -> Place<'static> {
    let place = Place::file();
    block_on(async {
        let store = place.open().await;
        let mut runtime = new("filled");
        runtime.document = "x".repeat(20_000);
        for _ in 0..100 {
            store.insert(&runtime, None, &happened(1)).await.unwrap();
        }
    });
    // Folds the WAL back into the file, so that damage to the file is damage to the content.
    block_on(place.sql("PRAGMA wal_checkpoint(TRUNCATE)"));
    place
}

fn open_error(location: &Path) -> StoreError {
    let opened = block_on(Store::open(location.to_str().unwrap()));
    opened.map(|_| panic!("{} was opened", location.display())).unwrap_err()
}

#[track_caller]
fn assert_corrupt(path: &Path) {
    let error = open_error(path);
    assert!(matches!(error, StoreError::Corrupt { .. }), "{}", chain(&error));
    assert!(error.to_string().contains("is not a database or is damaged"), "{error}");
}

#[test]
fn the_file_and_all_beside_it_are_for_its_user_only() {
    let place = Place::file();
    block_on(async {
        let store = place.open().await;
        create(&store, "a").await;
        let mut names = Vec::new();
        for entry in std::fs::read_dir(place.path().parent().unwrap()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
            names.push(entry.file_name().into_string().unwrap());
        }
        names.sort();
        assert_eq!(names, ["engine.db", "engine.db-shm", "engine.db-wal", "engine.db.lock"]);
    });
}

#[test]
fn two_names_of_one_file_are_one_claim() {
    let place = Place::file();
    let link = place.path().with_file_name("other.db");
    block_on(async {
        let store = place.open().await;
        symlink(place.path(), &link).unwrap();
        let error = Store::open(link.to_str().unwrap()).await.unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
        store.check().await.unwrap();
    });
}

#[test]
fn a_path_with_odd_characters_is_that_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b%20?mode=ro#é.db");
    block_on(async {
        let store = Store::open(path.to_str().unwrap()).await.unwrap();
        create(&store, "a").await;
    });
    assert!(path.exists());
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("missing/engine.db"), folder.path().to_owned()] {
        let error = open_error(&path);
        assert!(matches!(error, StoreError::File { .. }), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let place = Place::file();
    for content in [&b"runtimes: []\n"[..], &[0xa5; 8192], b"SQLite format 3\0 but not really one, just its beginning"]
    {
        std::fs::write(place.path(), content).unwrap();
        assert_corrupt(&place.path());
        assert_eq!(std::fs::read(place.path()).unwrap(), content);
    }
}

#[test]
fn an_empty_file_becomes_a_store() {
    let place = Place::file();
    std::fs::write(place.path(), b"").unwrap();
    block_on(async { assert_eq!(create(&place.open().await, "a").await, 1) });
}

#[test]
fn damage_to_header_or_middle_or_end_is_found_at_opening() {
    let place = filled_file();
    let whole = std::fs::read(place.path()).unwrap();
    let noise = |length: usize| (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 7) as u8 | 1);
    for (begin, length) in [(0, 100), (4_096, 4_096), (8 * 4_096, 16 * 4_096)] {
        let mut damaged = whole.clone();
        damaged.splice(begin..begin + length, noise(length));
        std::fs::write(place.path(), damaged).unwrap();
        assert_corrupt(&place.path());
    }
    std::fs::write(place.path(), &whole[..whole.len() / 2]).unwrap();
    assert_corrupt(&place.path());
    std::fs::write(place.path(), whole).unwrap();
    assert_eq!(block_on(async { place.open().await.load().await.unwrap().len() }), 100, "the whole one is fine");
}

#[test]
fn text_that_is_no_text_is_damage_and_not_a_panic() {
    let place = filled_file();
    block_on(async {
        place.sql("UPDATE runtime SET name = CAST(X'FFFE' AS TEXT) WHERE id = 5").await;
        let error = place.open().await.load().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{}", chain(&error));
        place.sql("UPDATE runtime SET name = 'a', version = -1 WHERE id = 5").await;
        let error = place.open().await.load().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{}", chain(&error));
    });
}

#[test]
fn no_damage_anywhere_makes_the_store_panic() {
    let place = filled_file();
    let whole = std::fs::read(place.path()).unwrap();
    let damage = (0..whole.len(), prop::collection::vec(any::<u8>(), 1..300));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    let result = runner.run(&damage, |(begin, bytes)| {
        let mut damaged = whole.clone();
        let end = (begin + bytes.len()).min(whole.len());
        damaged.splice(begin..end, bytes.into_iter().take(end - begin));
        std::fs::write(place.path(), damaged).unwrap();
        for beside in ["engine.db-wal", "engine.db-shm"] {
            let _ = std::fs::remove_file(place.path().with_file_name(beside));
        }
        block_on(async {
            // Either an error that says something, or a store that answers.
            if let Ok(store) = Store::open(place.path().to_str().unwrap()).await {
                let _ = store.load().await.map_err(|error| error.to_string());
                let _ = store.check().await.map_err(|error| error.to_string());
            }
        });
        Ok(())
    });
    result.unwrap();
}

#[test]
fn a_full_disk_is_named_loses_nothing_and_heals() {
    let Some(disk) = SmallDisk::mount_or_skip("a_full_disk_is_named_loses_nothing_and_heals") else { return };
    let filler = disk.path().join("filler");
    std::fs::write(&filler, vec![0; 1 << 20]).unwrap();
    let path = disk.path().join("engine.db");
    block_on(async {
        let store = Store::open(path.to_str().unwrap()).await.unwrap();
        let mut runtime = new("a");
        runtime.document = "x".repeat(50_000);
        let mut accepted = 0;
        let error = loop {
            match store.insert(&runtime, None, &happened(1)).await {
                Ok(_) => accepted += 1,
                Err(error) => break error,
            }
            assert!(accepted < 100, "3 MiB never got full");
        };
        assert!(matches!(error, StoreError::DiskFull { .. }), "{}", chain(&error));
        assert!(error.to_string().contains("make room on its disk"), "{error}");
        assert_eq!(store.load().await.unwrap().len(), accepted, "reads go on");
        std::fs::remove_file(&filler).unwrap();
        store.insert(&runtime, None, &happened(1)).await.unwrap();
        store.check().await.unwrap();
        assert_eq!(store.load().await.unwrap().len(), accepted + 1);
    });
}

#[test]
fn a_disk_that_is_full_from_the_start_is_named() {
    let Some(disk) = SmallDisk::mount_or_skip("a_disk_that_is_full_from_the_start_is_named") else { return };
    let _ = std::fs::write(disk.path().join("filler"), vec![0; 4 << 20]);
    let error = open_error(&disk.path().join("engine.db"));
    assert!(matches!(error, StoreError::DiskFull { .. }), "{}", chain(&error));
}

#[test]
fn a_read_only_disk_is_named() {
    let Some(disk) = SmallDisk::mount_or_skip("a_read_only_disk_is_named") else { return };
    let path = disk.path().join("engine.db");
    // With its runtime, all of the store's threads have closed their files before the disk changes.
    block_on(async { create(&Store::open(path.to_str().unwrap()).await.unwrap(), "a").await });
    disk.make_read_only();
    let error = open_error(&path);
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{}", chain(&error));
    assert!(error.to_string().contains("is read-only"), "{error}");
}

#[test]
fn a_file_of_somebody_else_is_named() {
    let place = Place::file();
    block_on(async { drop(place.open().await) });
    if !is_root() {
        std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o000)).unwrap();
        let error = open_error(&place.path());
        assert!(matches!(error, StoreError::File { .. }), "{}", chain(&error));
        return;
    }
    // Root may do anything, so somebody else has to try.
    std::fs::set_permissions(place.path().parent().unwrap(), PermissionsExt::from_mode(0o755)).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "file_faults::child_that_opens", "--ignored", "--nocapture"])
        .env(LOCATION, place.location())
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output();
    let output = match child {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => {
            eprintln!("skipped a_file_of_somebody_else_is_named: another user cannot run this program: {error}");
            return;
        }
    };
    assert!(output.contains("Permission denied"), "{output}");
    assert!(output.contains("check that its folder exists and that this user may read and write there"), "{output}");
}

#[test]
#[ignore = "run by a_file_of_somebody_else_is_named, as another user"]
fn child_that_opens() {
    let location = std::env::var(LOCATION).unwrap();
    println!("{}", chain(&open_error(Path::new(&location))));
}
