//! The way back after an engine's end, however it ended: which runtimes there are is what the store says, which machines
//! run is what the kernel says, and whatever belongs to neither goes.
//!
//! A machine serves a runtime only after the store names it, so a machine that no row names is nobody's: one of the pool, or
//! one whose start was not finished. It is ended. A row whose machine is gone begins anew.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use skerry_api::provisioning::ServerlessRuntime;
use skerry_store::{RuntimeRecord, StoreError};
use skerry_vmm::RunningMachine;

use crate::core::Core;
use crate::live_vm::VmRecord;
use crate::provisioner::supervise;
use crate::runtime_document::VmDocument;
use crate::snapshots;
use crate::supervisor::Beginning;

/// What was found at an engine's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Runtimes that the store has.
    pub runtimes: usize,
    /// Machines that go on serving theirs.
    pub adopted: usize,
    /// Machines that were nobody's.
    pub ended: usize,
}

/// Goes on where the last engine was. Returns when every runtime has its supervisor; adoptions go on beside.
///
/// # Errors
/// When the store cannot be read.
pub async fn recover(core: &Arc<Core>, machines: Vec<RunningMachine>) -> Result<Recovered, StoreError> {
    let records = core.store.load().await?;
    // Listed before any runtime goes on: one that falls asleep from now on is not among what was left behind.
    let left_behind = folders_in(&core.saved_root());
    let mut running: HashMap<PathBuf, RunningMachine> =
        machines.into_iter().map(|machine| (machine.directory.clone(), machine)).collect();
    let mut saved = HashSet::new();
    let mut recovered = Recovered { runtimes: records.len(), ..Recovered::default() };
    for record in records {
        let wanted: ServerlessRuntime = read(&record, &record.document);
        let vm: VmDocument = record.vm.as_deref().map_or_else(VmDocument::default, |vm| read(&record, vm));
        saved.extend(vm.current.iter().filter_map(|current| current.saved.clone()));
        let machine = vm.current.as_ref().and_then(|current| running.remove(current.directory.as_ref()?));
        // Those that it had replaced go on only beside the one that replaced them.
        let replaced = vm.retiring.iter().filter(|_| machine.is_some());
        let retiring = replaced.filter_map(|old| Some((old.clone(), running.remove(old.directory.as_ref()?)?)));
        let retiring = retiring.collect();
        let beginning = beginning(&record, &vm, machine, retiring);
        recovered.adopted += usize::from(matches!(beginning, Beginning::Adopt { .. }));
        supervise(core, record, wanted, vm, beginning);
    }
    recovered.ended = running.len();
    let state_dir = core.machines.state_dir().to_path_buf();
    tokio::task::spawn_blocking(move || {
        for machine in running.into_values() {
            if let Err(error) = skerry_vmm::end_machine(&machine) {
                tracing::error!(process = machine.process_id, "a machine that is nobody's cannot be ended: {error}");
            }
        }
        if let Err(error) = skerry_vmm::remove_dead_directories(&state_dir) {
            tracing::warn!(path = %state_dir.display(), "directories of ended machines stay: {error}");
        }
        left_behind.iter().filter(|folder| !saved.contains(*folder)).for_each(|folder| snapshots::remove(folder));
    });
    Ok(recovered)
}

/// How a runtime goes on.
fn beginning(
    record: &RuntimeRecord,
    vm: &VmDocument,
    machine: Option<RunningMachine>,
    retiring: Vec<(VmRecord, RunningMachine)>,
) -> Beginning {
    match (record.state.as_str(), machine, &vm.current) {
        (_, Some(machine), _) => Beginning::Adopt { machine, retiring },
        ("ERROR", None, _) => Beginning::Failed,
        ("PENDING", None, _) => Beginning::Start { reservation: None },
        (_, None, Some(current)) if current.directory.is_none() => Beginning::Asleep,
        _ => Beginning::Lost,
    }
}

/// What is in a folder; nothing where there is none.
fn folders_in(root: &std::path::Path) -> Vec<PathBuf> {
    std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// What the store has as JSON. What does not parse was written by a newer version, or is damaged: the runtime then has
/// defaults, and its log says so.
fn read<T: serde::de::DeserializeOwned + Default>(record: &RuntimeRecord, text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::error!(runtime = record.id, "its row in the store cannot be read and counts as empty: {error}");
        T::default()
    })
}

#[cfg(test)]
mod tests {
    use skerry_api::provisioning::StartPath;

    use super::*;

    fn record(state: &str) -> RuntimeRecord {
        RuntimeRecord {
            id: 1,
            owner: "a".to_owned(),
            name: String::new(),
            flavour: "minimal".to_owned(),
            state: state.to_owned(),
            version: 3,
            document: "{}".to_owned(),
            vm: None,
            created_ms: 1,
            updated_ms: 2,
        }
    }

    fn vm(directory: Option<&str>) -> VmDocument {
        let current = VmRecord {
            id: "v".to_owned(),
            directory: directory.map(PathBuf::from),
            process_id: None,
            start: StartPath::Cold,
            saved: None,
        };
        VmDocument { current: Some(current), ..VmDocument::default() }
    }

    #[test]
    fn each_state_finds_its_way_back() {
        let machine = || Some(RunningMachine { directory: "/d".into(), process_id: 7 });
        for state in ["RUNNING", "UPDATING", "PENDING"] {
            let found = beginning(&record(state), &vm(Some("/d")), machine(), Vec::new());
            assert!(matches!(found, Beginning::Adopt { .. }), "{state}");
        }
        for state in ["RUNNING", "UPDATING"] {
            assert!(matches!(beginning(&record(state), &vm(Some("/d")), None, Vec::new()), Beginning::Lost), "{state}");
        }
        let none = VmDocument::default();
        assert!(matches!(beginning(&record("PENDING"), &none, None, Vec::new()), Beginning::Start { .. }));
        assert!(matches!(beginning(&record("RUNNING"), &vm(None), None, Vec::new()), Beginning::Asleep));
        assert!(matches!(beginning(&record("RUNNING"), &none, None, Vec::new()), Beginning::Lost));
        assert!(matches!(beginning(&record("ERROR"), &none, None, Vec::new()), Beginning::Failed));
    }
}
