//! What we change in the Hermit kernel's dependencies, and why: a part of [`crate::kernel_edits`].
//!
//! The kernel is built with `--locked`, so its lock file is edited along with its manifest.

use crate::kernel_edits::{Edit, FileEdits};

const SMOLTCP: &str = "smoltcp 0.12 panics over bytes beyond the window that it announced last, such as a probe of that window just after the application has read; 0.14 refuses them";

/// How a lock file names a package.
macro_rules! locked {
    ($name:literal, $version:literal, $checksum:literal) => {
        concat!(
            "name = \"",
            $name,
            "\"\nversion = \"",
            $version,
            "\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"",
            $checksum,
            "\"\n"
        )
    };
}

pub(crate) const MANIFEST: FileEdits = FileEdits {
    path: "Cargo.toml",
    sha256: "3f287a296748d94c613fb2f178e4b6346c422d15785398962a6d24c51e1435e4",
    edits: &[
        Edit {
            find: "[dependencies.log]\nversion = \"0.4\"\n",
            replace: "[dependencies.log]\nversion = \"0.4\"\nfeatures = [\"release_max_level_error\"]\n",
            why: "messages below `error` are never shown; left out at compile time they cost neither size nor time",
        },
        Edit {
            find: "[dependencies.talc]\nversion = \"4\"\n",
            replace: "[dependencies.talc]\nversion = \"4\"\nfeatures = [\"counters\"]\n",
            why: "the runtime reports how much memory is free",
        },
        Edit {
            find: "[dependencies.smoltcp]\nversion = \"0.12\"\n",
            replace: "[dependencies.smoltcp]\nversion = \"0.14\"\n",
            why: SMOLTCP,
        },
        Edit {
            find: "    \"proto-ipv6\",\n    \"proto-ipv4-fragmentation\",\n    \"proto-ipv6-fragmentation\",\n",
            replace: "",
            why: "the runtime's one peer speaks IPv4, and its packets are never in fragments; this is a fifth of the network's code",
        },
    ],
};

/// Cargo writes down what smoltcp could need, too: of `defmt` nothing is compiled.
pub(crate) const LOCK: FileEdits = FileEdits {
    path: "Cargo.lock",
    sha256: "06207693139843dd892e0da5f191264522e010d24a28cc8eeed0fef9b3c930dd",
    edits: &[
        Edit {
            find: locked!("smoltcp", "0.12.0", "dad095989c1533c1c266d9b1e8d70a1329dd3723c3edac6d03bbd67e7bf6f4bb"),
            replace: locked!("smoltcp", "0.14.0", "b6f8b28ad56c6e35524a37dd492af5d1a47e31e1a4d175cd12f89c075f01980f"),
            why: SMOLTCP,
        },
        Edit { find: " \"defmt\",\n \"heapless\",\n", replace: " \"defmt\",\n \"heapless 0.9.3\",\n", why: SMOLTCP },
        Edit {
            find: " \"hashbrown\",\n \"heapless\",\n",
            replace: " \"hashbrown\",\n \"heapless 0.8.0\",\n",
            why: "smoltcp 0.14 needs another release of heapless than the kernel itself",
        },
        Edit {
            find: "\n[[package]]\nname = \"hermit-dtb\"\n",
            replace: concat!(
                "\n[[package]]\n",
                locked!("heapless", "0.9.3", "25ba4bd83f9415b58b4ed8dc5714c76e626a105be4646c02630ad730ad3b5aa4"),
                "dependencies = [\n \"hash32\",\n \"stable_deref_trait\",\n]\n",
                "\n[[package]]\nname = \"hermit-dtb\"\n",
            ),
            why: "smoltcp 0.14 needs another release of heapless than the kernel itself",
        },
        Edit {
            find: locked!("defmt", "0.3.10", "86f6162c53f659f65d00619fe31f14556a6e9f8752ccc4a41bd177ffcf3d6130"),
            replace: locked!("defmt", "1.0.1", "548d977b6da32fa1d1fda2876453da1e7df63ad0304c8b3dae4dbe7b96f39b78"),
            why: SMOLTCP,
        },
        Edit {
            find: locked!("defmt-macros", "0.4.0", "9d135dd939bad62d7490b0002602d35b358dce5fd9233a709d3c1ef467d4bde6"),
            replace: locked!(
                "defmt-macros",
                "1.0.1",
                "3d4fc12a85bcf441cfe44344c4b72d58493178ce635338a3f3b78943aceb258e"
            ),
            why: SMOLTCP,
        },
        Edit {
            find: locked!("defmt-parser", "0.4.1", "3983b127f13995e68c1e29071e5d115cd96f215ccb5e6812e3728cd6f92653b3"),
            replace: locked!(
                "defmt-parser",
                "1.0.0",
                "10d60334b3b2e7c9d91ef8150abfb6fa4c1c39ebbcf4a81c2e346aad939fee3e"
            ),
            why: SMOLTCP,
        },
    ],
};
