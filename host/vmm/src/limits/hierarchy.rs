//! Where control groups can be made, by what `/proc/self/mountinfo` and `/proc/self/cgroup` say (cgroups(7)).

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The group that all machines' groups are in.
pub(super) const PARENT: &str = "skerry";
/// The controllers that limit machines.
const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];

/// A tree of control groups that machines' groups can be made in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hierarchy {
    /// The group `skerry` in it.
    pub(super) parent: PathBuf,
    /// Which of our controllers it has.
    pub(super) controllers: Vec<String>,
    /// Whether it is of version 2.
    pub(super) is_unified: bool,
}

impl Hierarchy {
    pub(super) fn has(&self, controller: &str) -> bool {
        self.controllers.iter().any(|own| own == controller)
    }

    /// The file by which a process with one thread joins.
    ///
    /// Version 1's `cgroup.procs` waits some 10 ms for all processors, to move all threads of a process at once; its `tasks`,
    /// which moves one, does not, and between fork and exec there is only one.
    pub(super) fn door(&self) -> &'static str {
        if self.is_unified { "cgroup.procs" } else { "tasks" }
    }

    /// Makes the group `skerry`, with controllers in its members.
    pub(super) fn prepare(&self) -> io::Result<()> {
        match DirBuilder::new().mode(0o755).create(&self.parent) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made?,
        }
        if self.is_unified {
            let root = self.parent.parent().unwrap_or(&self.parent);
            enable_below(root)?;
            enable_below(&self.parent)?;
        }
        Ok(())
    }
}

fn enable_below(group: &Path) -> io::Result<()> {
    let file = group.join("cgroup.subtree_control");
    let enabled = fs::read_to_string(&file)?;
    if CONTROLLERS.iter().all(|wanted| enabled.split_whitespace().any(|word| word == *wanted)) {
        return Ok(());
    }
    let words = CONTROLLERS.map(|name| format!("+{name}")).join(" ");
    OpenOptions::new().write(true).open(file)?.write_all(words.as_bytes())
}

/// The trees that together limit everything, if there are such.
pub(super) fn find() -> Option<Vec<Hierarchy>> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    separate(&mounts, &own).or_else(|| {
        let root = unified_root(&mounts)?;
        let offered = fs::read_to_string(root.join("cgroup.controllers")).ok()?;
        unified(&root, &offered)
    })
}

/// The trees of version 1, if they have all our controllers.
fn separate(mounts: &str, own: &str) -> Option<Vec<Hierarchy>> {
    let mut found: Vec<Hierarchy> = Vec::new();
    for controller in CONTROLLERS {
        let mount = mounts.lines().filter_map(Mount::parse).find(|mount| mount.has(controller))?;
        let parent = mount.point.join(own_group(own, controller, mount.root)?).join(PARENT);
        match found.iter_mut().find(|other| other.parent == parent) {
            Some(other) => other.controllers.push(controller.to_owned()),
            None => found.push(Hierarchy { parent, controllers: vec![controller.to_owned()], is_unified: false }),
        }
    }
    Some(found)
}

fn unified_root(mounts: &str) -> Option<PathBuf> {
    mounts.lines().filter_map(Mount::parse).find(|mount| mount.kind == "cgroup2").map(|mount| mount.point)
}

fn unified(root: &Path, offered: &str) -> Option<Vec<Hierarchy>> {
    let has_all = CONTROLLERS.iter().all(|wanted| offered.split_whitespace().any(|word| word == *wanted));
    let controllers = CONTROLLERS.map(str::to_owned).to_vec();
    has_all.then(|| vec![Hierarchy { parent: root.join(PARENT), controllers, is_unified: true }])
}

/// One line of mountinfo.
struct Mount<'a> {
    /// Which part of the tree is mounted.
    root: &'a str,
    /// Where.
    point: PathBuf,
    kind: &'a str,
    /// Comma-separated; controllers are among them in version 1.
    options: &'a str,
}

impl<'a> Mount<'a> {
    /// `32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:1 - cgroup cgroup rw,cpu`. A place with spaces, which mountinfo
    /// escapes, is not one of control groups.
    fn parse(line: &'a str) -> Option<Self> {
        let (front, back) = line.split_once(" - ")?;
        let mut front = front.split(' ').skip(3);
        let (root, point) = (front.next()?, front.next()?);
        let mut back = back.split(' ');
        let (kind, _source, options) = (back.next()?, back.next()?, back.next()?);
        let is_known = kind.starts_with("cgroup") && !point.contains('\\');
        is_known.then(|| Self { root, point: point.into(), kind, options })
    }

    fn has(&self, controller: &str) -> bool {
        self.kind == "cgroup" && self.options.split(',').any(|option| option == controller)
    }
}

/// Our own group for a controller, relative to where its tree is mounted. A group outside of what is mounted (in a container
/// that has no tree of its own) counts as the root of that.
fn own_group(own: &str, controller: &str, mounted_root: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        controllers.split(',').any(|name| name == controller).then_some(path)
    })?;
    let inside = Path::new(path).strip_prefix(mounted_root).unwrap_or(Path::new(""));
    let is_plain = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    Some(if is_plain { inside.to_path_buf() } else { PathBuf::new() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEPARATE: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:4 - cgroup cgroup rw,cpu,cpuacct\n\
        33 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
        34 31 0:31 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n\
        35 31 0:32 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
    const OWN: &str = "4:pids:/\n3:memory:/user/me\n2:cpu,cpuacct:/\n0::/\n";

    #[test]
    fn separate_trees_are_used_below_our_own_group() {
        let found = separate(SEPARATE, OWN).unwrap();
        let parents: Vec<_> = found.iter().map(|hierarchy| hierarchy.parent.to_str().unwrap()).collect();
        let roots = ["cpu,cpuacct/skerry", "memory/user/me/skerry", "pids/skerry"];
        assert_eq!(parents, roots.map(|path| format!("/sys/fs/cgroup/{path}")));
        assert!(found.iter().all(|hierarchy| !hierarchy.is_unified && hierarchy.door() == "tasks"));
        assert!(found[0].has("cpu") && !found[0].has("memory"));
    }

    #[test]
    fn trees_that_are_mounted_together_are_one() {
        let mounts = "32 31 0:29 / /cg rw - cgroup cgroup rw,cpu,memory,pids\n";
        let found = separate(mounts, "2:cpu,memory,pids:/x\n").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].controllers, CONTROLLERS);
        assert_eq!(found[0].parent, Path::new("/cg/x/skerry"));
    }

    #[test]
    fn a_group_outside_of_what_is_mounted_counts_as_its_root() {
        let mounts = "32 31 0:29 /docker/1 /cg rw - cgroup cgroup rw,cpu,memory,pids\n";
        for (own, parent) in
            [("/docker/1/a", "/cg/a/skerry"), ("/docker/2", "/cg/skerry"), ("/docker/1/..", "/cg/skerry")]
        {
            let found = separate(mounts, &format!("2:cpu,memory,pids:{own}\n")).unwrap();
            assert_eq!(found[0].parent, Path::new(parent), "{own}");
        }
    }

    #[test]
    fn one_tree_is_used_if_it_has_all_controllers() {
        let mounts = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(separate(mounts, "0::/a\n"), None);
        let root = unified_root(mounts).unwrap();
        let found = unified(&root, "cpuset cpu io memory pids\n").unwrap();
        assert_eq!(found[0].parent, Path::new("/sys/fs/cgroup/skerry"));
        assert_eq!(unified(&root, "cpu memory"), None);
        assert_eq!(unified_root("1 2 0:1 / /x rw - ext4 /dev/x rw\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_tree_or_none(mounts in "(\\PC| - cgroup |,cpu|\n){0,40}", own in "(\\PC|:cpu:|/\\.\\.|\n){0,40}") {
            let _ = separate(&mounts, &own);
            let _ = unified_root(&mounts);
        }
    }
}
