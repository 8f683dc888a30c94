//! `skerry image build --oci`: what it writes, what skopeo makes of it, and what it leaves alone.

use std::path::Path;

use nix::sys::signal::Signal;
use skerry_tests::command::Places;
use skerry_tests::image;
use skerry_tests::process::names_in;
use skerry_tests::runtime::{Runtime, Setup};

use crate::tools::{export, exported, image_is_of_this_tree, read, skopeo, unpack};

/// The budget for the compressed layer of `minimal`, in bytes.
const MOST_LAYER_BYTES: u64 = 900_000;

#[test]
fn loader_and_unikernel_taken_out_of_the_layer_boot_and_answer() {
    if !image_is_of_this_tree() {
        return;
    }
    let (places, folder) = (Places::new(), tempfile::tempdir().unwrap());
    let layout = folder.path().join("images");
    let report = exported(&export(&places, &layout, &[]));
    assert_eq!(report["reference"], format!("oci:{}:minimal", layout.display()));
    assert!(report["layer_compressed_bytes"].as_u64().unwrap() <= MOST_LAYER_BYTES, "{report}");
    let read = read(&layout, "minimal");
    let root = folder.path().join("root");
    let image = image::minimal();
    let expected = [
        ("hermit", None),
        ("hermit/loader", Some(image.loader_bytes)),
        ("hermit/minimal", Some(image.unikernel_bytes)),
    ];
    assert_eq!(unpack(&read.layer, &root), expected.map(|(path, bytes)| (path.to_owned(), bytes)).into());
    // Where they are is what the image says of itself.
    let labels = &read.configuration["config"]["Labels"];
    let path = |name: &str| root.join(labels[name].as_str().unwrap().trim_start_matches('/'));
    let (loader, unikernel) = (path("com.urunc.unikernel.binary"), path("com.urunc.unikernel.initrd"));
    let runtime = Runtime::boot(&Setup { loader, unikernel, ..Setup::with(&[]) });
    runtime.serves_the_next_client();
    places.hold_nothing();
}

#[test]
fn the_image_says_what_engines_registries_and_urunc_ask() {
    if !image_is_of_this_tree() {
        return;
    }
    let (places, folder) = (Places::new(), tempfile::tempdir().unwrap());
    exported(&export(&places, folder.path(), &["--tag", "0.1.0"]));
    let read = read(folder.path(), "0.1.0");
    let config = &read.configuration["config"];
    assert_eq!((&read.configuration["os"], &read.configuration["architecture"]), (&"linux".into(), &"amd64".into()));
    assert_eq!(config["Entrypoint"], serde_json::json!(["/hermit/minimal"]));
    assert_eq!(config["ExposedPorts"], serde_json::json!({"8000/tcp": {}}));
    assert_eq!(config["Labels"], read.manifest["annotations"], "whoever reads one of them reads the same");
    for (name, value) in [
        ("org.opencontainers.image.title", "skerry-minimal"),
        ("org.opencontainers.image.version", env!("CARGO_PKG_VERSION")),
        ("org.opencontainers.image.revision", image::minimal().id.as_str()),
        ("org.opencontainers.image.licenses", "MIT OR Apache-2.0"),
        ("org.opencontainers.image.created", "1970-01-01T00:00:00Z"),
        ("com.urunc.unikernel.unikernelType", "hermit"),
        ("com.urunc.unikernel.hypervisor", "qemu"),
        ("com.urunc.unikernel.mountRootfs", "false"),
    ] {
        assert_eq!(config["Labels"][name], value, "{name}");
    }
}

#[test]
fn two_exports_are_the_same_image_and_another_time_makes_another() {
    if !image_is_of_this_tree() {
        return;
    }
    let (places, folder) = (Places::new(), tempfile::tempdir().unwrap());
    let digest = |name: &str| exported(&export(&places, &folder.path().join(name), &[]))["digest"].clone();
    assert_eq!(digest("first"), digest("second"));
    assert_eq!(digest("first"), digest("file.tar"));
    let layout = folder.path().join("first");
    let text = layout.to_str().unwrap();
    let ended =
        places.run_with(&[("SOURCE_DATE_EPOCH", "1795574115")], &["image", "build", "-o", "json", "--oci", text]);
    assert_ne!(exported(&ended)["digest"], digest("second"));
    assert_eq!(read(&layout, "minimal").configuration["created"], "2026-11-25T02:35:15Z");
    let ended = places.run_with(&[("SOURCE_DATE_EPOCH", "now")], &["image", "build", "--oci", text]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
fn skopeo_accepts_the_image_and_copies_it_without_changing_it() {
    if !image_is_of_this_tree() {
        return;
    }
    let (places, folder) = (Places::new(), tempfile::tempdir().unwrap());
    let at = |kind: &str, name: &str| format!("{kind}:{}:v1", folder.path().join(name).display());
    let digest = exported(&export(&places, &folder.path().join("images"), &["--tag", "v1"]))["digest"].clone();
    exported(&export(&places, &folder.path().join("images.tar"), &["--tag", "v1"]));
    let inspect = |reference: &str| skopeo(&["inspect", "--format", "{{.Digest}}", reference]);
    let (layout, archive) = (at("oci", "images"), at("oci-archive", "images.tar"));
    let Some(seen) = inspect(&layout) else { return };
    assert_eq!(seen.trim(), digest);
    for (from, to) in [
        (&layout, at("oci-archive", "copy.tar")),
        (&at("oci-archive", "copy.tar"), at("oci", "back")),
        (&archive, at("oci", "unpacked")),
    ] {
        skopeo(&["copy", "--quiet", from, &to]).unwrap();
        assert_eq!(inspect(&to).unwrap().trim(), digest, "{from} to {to}");
    }
    // And the other way round: a layout of skopeo's takes our image beside its own.
    exported(&export(&places, &folder.path().join("back"), &["--tag", "v2"]));
    assert_eq!(inspect(&at("oci", "back")).unwrap().trim(), digest);
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_changed() {
    if !image_is_of_this_tree() {
        return;
    }
    let (places, folder) = (Places::new(), tempfile::tempdir().unwrap());
    let mine = folder.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(mine.join("notes.txt"), "mine").unwrap();
    std::fs::write(folder.path().join("mine.tar"), "mine").unwrap();
    let before = names_in(folder.path());
    for (destination, more, code, words) in [
        (mine.as_path(), &[][..], 1, "is no OCI image layout (there is no oci-layout in it)"),
        (&folder.path().join("mine.tar"), &[], 1, "is no OCI archive"),
        (&folder.path().join("missing/images"), &[], 1, "cannot make"),
        (Path::new("/proc/images"), &[], 1, "cannot make /proc/images"),
        (&folder.path().join("new"), &["--tag", "a/b"], 2, "is no tag"),
        (&folder.path().join("new"), &["--tag", ""], 2, "is no tag"),
    ] {
        let ended = export(&places, destination, more);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{ended:?}");
        assert!(ended.stderr.contains(words), "{words:?} is not in {}", ended.stderr);
    }
    assert_eq!(places.run(&["image", "build", "--tag", "v1"]).code, Some(2), "a tag of nothing");
    assert_eq!(names_in(folder.path()), before);
    assert_eq!(names_in(&mine), ["notes.txt"]);
    assert_eq!(std::fs::read(folder.path().join("mine.tar")).unwrap(), b"mine");
}

#[test]
fn an_export_that_is_interrupted_is_whole_or_not_there() {
    if !image_is_of_this_tree() {
        return;
    }
    let (places, folder) = (Places::new(), tempfile::tempdir().unwrap());
    image::minimal();
    let text = |name: &str| folder.path().join(name).display().to_string();
    // Signals at several moments, from before it watches for them to when it is done.
    for pause_ms in [0, 20, 60, 120, 200, 300, 500] {
        for name in ["images", "images.tar"] {
            let mut skerry = places.start(&["image", "build", "--no-setup", "--oci", &text(name)]);
            std::thread::sleep(std::time::Duration::from_millis(pause_ms));
            skerry.signal_if_running(Signal::SIGINT);
            let ended = skerry.ended();
            let there = names_in(folder.path());
            match ended.code {
                Some(0) => assert_eq!(there, [name], "{ended:?}"),
                _ => assert_eq!(there, [""; 0], "{ended:?}"),
            }
            if name == "images" && ended.code == Some(0) {
                unpack(
                    &read(&folder.path().join(name), "minimal").layer,
                    &tempfile::tempdir().unwrap().path().join("x"),
                );
                std::fs::remove_dir_all(folder.path().join(name)).unwrap();
            } else if ended.code == Some(0) {
                std::fs::remove_file(folder.path().join(name)).unwrap();
            }
        }
    }
    places.hold_nothing();
}
