//! The snapshot behind a start: found, waited for, or made at the first need.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use skerry_vmm::{Lifetime, VmSpec};
use tokio::sync::Notify;

use super::{MachineSpec, Machines, blocking};
use crate::boot::{ReadyMachine, boot};
use crate::live_vm::chain;

/// How long a start waits for a snapshot that is being made before it boots.
const SNAPSHOT_WAIT: Duration = Duration::from_secs(5);
/// How long no snapshot is tried after making one failed.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(60);

/// A snapshot that is not there.
pub(super) enum Making {
    /// It is being made; the news of that.
    Now(Arc<Notify>),
    /// Making it failed then.
    FailedAt(Instant),
}

impl Machines {
    /// The snapshot to start from, with its key: waits for one that is being made, and begins to make a missing one.
    pub(super) async fn usable_snapshot(
        self: &Arc<Self>,
        spec: &MachineSpec,
        vm_spec: &VmSpec,
    ) -> Option<(String, PathBuf)> {
        let snapshots = self.snapshots.clone()?;
        let key = self.snapshot_key(spec, vm_spec);
        let deadline = Instant::now() + SNAPSHOT_WAIT;
        loop {
            let (found, wanted) = (Arc::clone(&snapshots), key.clone());
            match blocking(move || found.find(&wanted).map_err(|error| chain(&error))).await {
                Ok(Some(path)) => return Some((key, path)),
                Ok(None) => {}
                Err(reason) => tracing::warn!(flavour = spec.flavour, "{reason}; making a new one"),
            }
            let made = self.join_making(spec, vm_spec, &key)?;
            let left = deadline.saturating_duration_since(Instant::now());
            // What was made before this wait began is found by the next look.
            if left.is_zero() || tokio::time::timeout(left, made.notified()).await.is_err() {
                return None;
            }
        }
    }

    /// The news that the snapshot for `key` is made, if another start makes it; begins to make it otherwise.
    fn join_making(self: &Arc<Self>, spec: &MachineSpec, vm_spec: &VmSpec, key: &str) -> Option<Arc<Notify>> {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        match making.get(key) {
            Some(Making::Now(made)) => return Some(Arc::clone(made)),
            Some(Making::FailedAt(at)) if at.elapsed() < SNAPSHOT_PAUSE => return None,
            _ => {}
        }
        let made = Arc::new(Notify::new());
        making.insert(key.to_owned(), Making::Now(Arc::clone(&made)));
        let (machines, spec, vm_spec, key) = (Arc::clone(self), spec.clone(), vm_spec.clone(), key.to_owned());
        tokio::spawn(async move {
            let outcome = machines.make_snapshot(&vm_spec, &key).await;
            let mut making = machines.making.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Ok(bytes) => {
                    tracing::info!(flavour = spec.flavour, memory_mib = spec.memory_mib, bytes, "snapshot made");
                    making.remove(&key);
                }
                Err(reason) => {
                    tracing::warn!(
                        flavour = spec.flavour,
                        "no snapshot could be made; starts are cold boots: {reason}"
                    );
                    making.insert(key, Making::FailedAt(Instant::now()));
                }
            }
            drop(making);
            made.notify_waiters();
            machines.spares.look_again();
        });
        // The one that needs it first boots at once: it would wait for a boot anyway.
        None
    }

    async fn make_snapshot(&self, vm_spec: &VmSpec, key: &str) -> Result<u64, String> {
        let Some(snapshots) = self.snapshots.clone() else { return Err("snapshots are off".to_owned()) };
        let (qemu, key, timeout) = (self.qemu.clone(), key.to_owned(), self.start_timeout);
        // It is nobody's machine, so it does not outlive the engine.
        let vm_spec = VmSpec { lifetime: Lifetime::EndsWithHost, ..vm_spec.clone() };
        blocking(move || {
            let folder = snapshots.begin(&key).map_err(|error| chain(&error))?;
            let ReadyMachine { mut vm, .. } = boot(&qemu, &vm_spec, timeout, |_| {}).map_err(|error| chain(&error))?;
            let report = vm.save(&folder, timeout).map_err(|error| chain(&error))?;
            vm.stop().map_err(|error| chain(&error))?;
            // Machines of one snapshot then share what none of them has written to.
            if let Err(error) = qemu.share_memory(&vm_spec, &folder) {
                tracing::warn!("machines of this snapshot do not share memory: {}", chain(&error));
            }
            snapshots.complete(&key, &folder).map_err(|error| chain(&error))?;
            Ok(report.bytes)
        })
        .await
    }

    pub(super) fn snapshot_key(&self, spec: &MachineSpec, vm_spec: &VmSpec) -> String {
        let image = self.flavours.get(&spec.flavour).map_or("", |image| image.id.as_str());
        format!("image {image}\n{}", self.qemu.saved_state_key(vm_spec))
    }
}
