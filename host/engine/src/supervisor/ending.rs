//! Machines that end by themselves, are replaced, or fall asleep.

use std::sync::Arc;
use std::time::Duration;

use super::starting::{deliver, remove_later};
use super::{Event, Note, Saved, Supervisor};
use crate::core::Core;
use crate::lifecycle::Lifecycle;
use crate::live_vm::{LiveVm, VmRecord, is_in_order};
use crate::runtime_document::restart_policy;
use crate::{guest, tasks};

/// How long a guest may take to say what it is doing.
const ACTIVITY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a replaced machine gets to finish what it had begun; calls have limits of their own, far below this.
const RETIREMENT: Duration = Duration::from_secs(15 * 60);
/// The least pause before a look whether a runtime may sleep: its guest is asked, and may be busy for long.
const BUSY_PAUSE: Duration = Duration::from_secs(1);
/// The pause between two looks at a machine that retires.
const PAUSE: Duration = Duration::from_millis(200);

impl Supervisor {
    /// A machine's process has ended.
    pub(super) async fn ended(&mut self, vm_id: &str) {
        let current = self.life.as_ref().and_then(Lifecycle::machine).filter(|machine| machine.id == vm_id).cloned();
        // Any other machine is one that this runtime has ended or replaced itself.
        let Some(machine) = current else { return };
        let exit = machine.exit().await;
        let reason = exit.as_ref().map_or_else(|| "its machine ended".to_owned(), ToString::to_string);
        let in_order = exit.as_ref().is_some_and(is_in_order);
        let lasted = machine.since.elapsed() >= Duration::from_secs(self.core.settings.restart_forget_s);
        self.shared.set_connector(None);
        self.core.routes.starting(self.id());
        self.core.routes.forget(self.id(), vm_id);
        machine.stop().await;
        tasks::fail_tasks(&self.core, self.id(), vm_id, &reason).await;
        self.vm.restarts += 1;
        self.core.metrics.machine_ended();
        match self.life.take() {
            Some(Lifecycle::Running(running)) => {
                let policy = restart_policy(&self.wanted);
                let most_tries = self.core.settings.restart_tries;
                let after = running.ended(policy, in_order, lasted, most_tries, reason.clone());
                self.go_on_after(after, "vm-ended", &reason).await;
            }
            Some(Lifecycle::Updating(updating)) => {
                // The replacement is under way, and is the next machine.
                self.life = Some(Lifecycle::Pending(updating.old_ended()));
                self.vm.current = None;
                self.commit("vm-ended", Note::detail(&reason)).await;
            }
            other => self.life = other,
        }
    }

    /// Ends a replaced machine once it has finished what it had begun; [`Event::Retired`] tells of the end.
    pub(super) fn retire(&self, old: Arc<LiveVm>) {
        let (core, id, events) = (Arc::clone(&self.core), self.id(), self.sender.clone());
        tokio::spawn(async move {
            if tokio::time::timeout(RETIREMENT, finish(&core, id, &old)).await.is_err() {
                tracing::warn!(runtime = id, vm = old.id, "a replaced machine did not finish in time and is ended");
            }
            core.routes.forget(id, &old.id);
            old.stop().await;
            tasks::fail_tasks(&core, id, &old.id, "it was replaced, and the task did not end in time").await;
            deliver(&events, Event::Retired { vm_id: old.id.clone() }).await;
        });
    }

    /// A replaced machine is gone.
    pub(super) async fn retired(&mut self, vm_id: &str) {
        self.vm.retiring.retain(|vm| vm.id != vm_id);
        self.commit("retired", Note::detail(vm_id)).await;
    }

    /// How long until this runtime may fall asleep; `None` when it does not sleep now.
    pub(super) fn time_to_sleep(&self) -> Option<Duration> {
        let Some(Lifecycle::Running(_)) = self.life else { return None };
        let timeout = self.wanted.skerry.as_ref()?.idle_timeout_s.filter(|seconds| *seconds > 0)?;
        let idle = self.core.routes.idle_for(self.id()).unwrap_or_default();
        Some(Duration::from_secs(timeout.into()).saturating_sub(idle).max(BUSY_PAUSE))
    }

    /// Falls asleep if nobody has asked for anything for long enough, and nothing is being done.
    pub(super) async fn sleep_if_idle(&mut self) {
        let timeout = self.wanted.skerry.as_ref().and_then(|options| options.idle_timeout_s).unwrap_or(0);
        let idle = self.core.routes.idle_for(self.id()).unwrap_or_default();
        let Some(Lifecycle::Running(running)) = &self.life else { return };
        if timeout == 0 || idle < Duration::from_secs(timeout.into()) || !self.vm.retiring.is_empty() {
            return;
        }
        let machine = Arc::clone(&running.machine);
        if !is_at_rest(&self.core, self.id(), &machine).await || !self.core.routes.try_sleep(self.id()) {
            return;
        }
        let folder = self.core.saved_folder(&machine.id);
        match machine.save(&folder).await {
            Ok(bytes) => self.fall_asleep(&machine, folder, bytes).await,
            Err(error) => {
                tracing::warn!(runtime = self.id(), vm = machine.id, "does not sleep: {error}");
                self.stay_awake(&machine, folder).await;
            }
        }
    }

    async fn fall_asleep(&mut self, machine: &Arc<LiveVm>, folder: std::path::PathBuf, bytes: u64) {
        let awake = self.vm.current.clone();
        let record = VmRecord { directory: None, process_id: None, saved: Some(folder.clone()), ..machine.record() };
        self.vm.current = Some(record.clone());
        let Some(Lifecycle::Running(running)) = self.life.take() else { return };
        self.life = Some(Lifecycle::Asleep(running.slept(Some(Saved { record }))));
        let detail = format!("saved {bytes} bytes");
        if let Err(error) = self.try_commit("slept", Note::detail(&detail)).await {
            tracing::warn!(runtime = self.id(), "does not sleep: {error}");
            self.vm.current = awake;
            self.life = Some(Lifecycle::Running(crate::lifecycle::Running::adopted(Arc::clone(machine))));
            return self.stay_awake(machine, folder).await;
        }
        self.core.metrics.slept();
        self.shared.set_connector(None);
        // Its end is expected: by now it is not this runtime's machine any more.
        self.core.routes.forget(self.id(), &machine.id);
        machine.stop().await;
    }

    /// Undoes the attempt to sleep.
    async fn stay_awake(&mut self, machine: &Arc<LiveVm>, folder: std::path::PathBuf) {
        remove_later(folder);
        if let Err(error) = machine.resume().await {
            // Its end, which follows, starts another one.
            tracing::error!(runtime = self.id(), vm = machine.id, "does not go on, and is ended: {error}");
            machine.stop().await;
            return;
        }
        self.core.routes.up(self.id(), &machine.id, Arc::clone(&machine.connector), machine.start);
    }
}

/// Whether a machine does nothing, and the answers of all its tasks are stored.
async fn is_at_rest(core: &Core, id: u64, machine: &LiveVm) -> bool {
    match guest::activity(machine.connector.as_ref(), ACTIVITY_TIMEOUT).await {
        Ok(activity) if activity.calls_in_progress == 0 && activity.tasks_running == 0 => {}
        Ok(_) => return false,
        Err(error) => {
            tracing::debug!(runtime = id, vm = machine.id, "does not say whether it is busy: {error}");
            return false;
        }
    }
    tasks::collect_answers(core, id, machine).await.is_ok()
}

/// Resolves when a machine has finished all that it had begun and its answers are stored, or nobody can ask for them any more.
async fn finish(core: &Core, id: u64, machine: &LiveVm) {
    while !machine.has_ended() && core.registry.get(id).is_some() {
        if core.routes.drain(id, &machine.id, PAUSE).await && is_at_rest(core, id, machine).await {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
