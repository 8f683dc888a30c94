//! The containers' usual list of system calls, from the form in which container engines keep it to runc's.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

/// Where the package `containers-common` puts it, which podman, buildah and CRI-O use.
pub(super) const PROFILE: &str = "/usr/share/containers/seccomp.json";
/// This machine, as the profile names it.
const ARCHITECTURE: &str = "amd64";
const SECCOMP_ARCHITECTURE: &str = "SCMP_ARCH_X86_64";

/// The profile for a container with these capabilities; none where this machine has no such file.
///
/// # Errors
/// When the file is there and is not what it should be.
pub(super) fn usual(capabilities: &[&str]) -> anyhow::Result<Option<Value>> {
    let path = Path::new(PROFILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {PROFILE}"))?;
    let profile: Value = serde_json::from_str(&text).with_context(|| format!("{PROFILE} is no JSON"))?;
    resolve(&profile, capabilities).map(Some).with_context(|| format!("{PROFILE} has another form than expected"))
}

/// Leaves out what is for other machines and capabilities.
fn resolve(profile: &Value, capabilities: &[&str]) -> anyhow::Result<Value> {
    let rules = profile["syscalls"].as_array().context("there is no list `syscalls`")?;
    let rules: Vec<Value> = rules.iter().filter(|rule| applies(rule, capabilities)).map(rule_of).collect();
    let mut resolved = json!({
        "defaultAction": profile["defaultAction"].as_str().context("there is no `defaultAction`")?,
        "architectures": architectures(profile),
        "syscalls": rules,
    });
    if let Some(number) = profile["defaultErrnoRet"].as_u64() {
        resolved["defaultErrnoRet"] = number.into();
    }
    Ok(resolved)
}

/// This machine's, and those whose programs it runs as well.
fn architectures(profile: &Value) -> Vec<Value> {
    let maps = profile["archMap"].as_array().into_iter().flatten();
    let ours = maps.filter(|map| map["architecture"] == SECCOMP_ARCHITECTURE);
    let others = ours.flat_map(|map| map["subArchitectures"].as_array().cloned().unwrap_or_default());
    [Value::from(SECCOMP_ARCHITECTURE)].into_iter().chain(others).collect()
}

fn applies(rule: &Value, capabilities: &[&str]) -> bool {
    let list = |conditions: &str, name: &str| -> Vec<String> {
        let values = rule[conditions][name].as_array().into_iter().flatten();
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let has = |capability: &String| capabilities.contains(&capability.as_str());
    let wanted = list("includes", "arches");
    (wanted.is_empty() || wanted.iter().any(|name| name == ARCHITECTURE))
        && !list("excludes", "arches").iter().any(|name| name == ARCHITECTURE)
        && list("includes", "caps").iter().all(has)
        && !list("excludes", "caps").iter().any(has)
}

fn rule_of(rule: &Value) -> Value {
    let mut taken = Map::new();
    for name in ["names", "action", "errnoRet", "args"] {
        let value = &rule[name];
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            taken.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Value {
        json!({
            "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS",
            "archMap": [
                {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
                {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
            ],
            "syscalls": [
                {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "comment": "", "includes": {}, "excludes": {}},
                {"names": ["arm"], "action": "SCMP_ACT_ALLOW", "args": [], "includes": {"arches": ["arm"]}},
                {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "args": null, "includes": {"caps": ["CAP_SYS_CHROOT"]}},
                {"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "excludes": {"caps": ["CAP_SYS_CHROOT"]}},
            ],
        })
    }

    #[test]
    fn what_a_container_may_do_depends_on_its_capabilities() {
        let with = resolve(&profile(), &["CAP_SYS_CHROOT"]).unwrap();
        assert_eq!(
            with["syscalls"],
            json!([{"names": ["read"], "action": "SCMP_ACT_ALLOW"}, {"names": ["chroot"], "action": "SCMP_ACT_ALLOW"}])
        );
        let without = resolve(&profile(), &[]).unwrap();
        assert_eq!(without["syscalls"][1], json!({"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}));
    }

    #[test]
    fn what_is_in_no_rule_is_refused_as_the_profile_says() {
        let resolved = resolve(&profile(), &[]).unwrap();
        assert_eq!((&resolved["defaultAction"], &resolved["defaultErrnoRet"]), (&json!("SCMP_ACT_ERRNO"), &json!(38)));
        assert_eq!(resolved["architectures"], json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]));
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        for other in [json!(null), json!([]), json!({"syscalls": []}), json!({"defaultAction": "x"})] {
            assert!(resolve(&other, &[]).is_err(), "{other}");
        }
    }
}
