//! What the store keeps of a runtime, and how a client's wish becomes it. Pure.
//!
//! The store's `document` is what the client wants, with the defaults of the time of its creation filled in; its `vm` is
//! what the engine did about it. Both are JSON that only this module reads.

use serde::{Deserialize, Serialize};
use skerry_api::provisioning::{Machine, RestartPolicy, RuntimeState, ServerlessRuntime, SkerryOptions};
use skerry_rest::Refusal;

use crate::live_vm::VmRecord;
use crate::machines::MachineSpec;

/// What the engine did about a runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VmDocument {
    /// The machine that serves, or the one that sleeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<VmRecord>,
    /// Machines that were replaced and still finish what they had begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retiring: Vec<VmRecord>,
    /// How often a machine was restarted after an end of its own.
    #[serde(default)]
    pub restarts: u32,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What holds where a client says nothing.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// MEMORY in MiB.
    pub memory_mib: u32,
    /// Seconds without a request after which it sleeps.
    pub idle_timeout_s: u32,
    /// Requests at once.
    pub concurrency: u32,
}

/// What a client asks for at creation, with the defaults filled in and without what only the engine may say.
#[must_use]
pub(crate) fn wanted_at_creation(mut asked: ServerlessRuntime, defaults: &Defaults) -> ServerlessRuntime {
    clear_engine_members(&mut asked);
    asked.faas.cpu.get_or_insert(1);
    asked.faas.memory_mb.get_or_insert(defaults.memory_mib);
    asked.daas = asked.daas.filter(|daas| *daas != Machine::default());
    asked.scheduling = asked.scheduling.filter(|scheduling| *scheduling != Default::default());
    asked.device_info = asked.device_info.filter(|info| *info != Default::default());
    asked.name = asked.name.filter(|name| !name.is_empty());
    let options = asked.skerry.get_or_insert_default();
    options.public.get_or_insert(false);
    options.restart.get_or_insert_default();
    options.idle_timeout_s.get_or_insert(defaults.idle_timeout_s);
    options.concurrency.get_or_insert(defaults.concurrency);
    asked
}

/// A client's change applied to what it wanted before; what the change leaves out stays. `same_flavour` says whether a
/// flavour's name means the one that it has.
///
/// # Errors
/// What cannot be changed so (422).
pub(crate) fn wanted_after_update(
    before: &ServerlessRuntime,
    mut asked: ServerlessRuntime,
    same_flavour: impl Fn(&str) -> bool,
) -> Result<ServerlessRuntime, Refusal> {
    clear_engine_members(&mut asked);
    if let Some(flavour) = asked.faas.flavour.as_deref().filter(|flavour| !flavour.is_empty())
        && !same_flavour(flavour)
    {
        let before = before.faas.flavour.as_deref().unwrap_or_default();
        return Err(Refusal::Unprocessable(format!(
            "FAAS.FLAVOUR cannot be changed from {before} to {flavour}; create another runtime"
        )));
    }
    let not_less = |name: &str, before: Option<u64>, asked: Option<u64>| match (before, asked) {
        (Some(before), Some(asked)) if asked < before => Err(Refusal::Unprocessable(format!(
            "FAAS.{name} cannot be lowered from {before} to {asked}; create another runtime"
        ))),
        _ => Ok(()),
    };
    not_less("CPU", before.faas.cpu.map(u64::from), asked.faas.cpu.map(u64::from))?;
    not_less("MEMORY", before.faas.memory_mb.map(u64::from), asked.faas.memory_mb.map(u64::from))?;
    not_less("DISK_SIZE", before.faas.disk_size_mb, asked.faas.disk_size_mb)?;
    let mut after = before.clone();
    after.name = asked.name.filter(|name| !name.is_empty()).or(after.name);
    after.faas.cpu = asked.faas.cpu.or(after.faas.cpu);
    after.faas.memory_mb = asked.faas.memory_mb.or(after.faas.memory_mb);
    after.faas.disk_size_mb = asked.faas.disk_size_mb.or(after.faas.disk_size_mb);
    after.daas = asked.daas.filter(|daas| *daas != Machine::default()).or(after.daas);
    after.scheduling = asked.scheduling.or(after.scheduling);
    after.device_info = asked.device_info.or(after.device_info);
    let (new, old) = (asked.skerry.unwrap_or_default(), after.skerry.unwrap_or_default());
    after.skerry = Some(SkerryOptions {
        public: new.public.or(old.public),
        restart: new.restart.or(old.restart),
        idle_timeout_s: new.idle_timeout_s.or(old.idle_timeout_s),
        concurrency: new.concurrency.or(old.concurrency),
        ..SkerryOptions::default()
    });
    Ok(after)
}

/// What only the engine says is not the client's wish, even where a client sends back what it has read.
fn clear_engine_members(runtime: &mut ServerlessRuntime) {
    (runtime.id, runtime.service_id) = (None, None);
    for machine in [Some(&mut runtime.faas), runtime.daas.as_mut()].into_iter().flatten() {
        (machine.endpoint, machine.state, machine.vm_id, machine.error) = (None, None, None, None);
    }
    if let Some(options) = &mut runtime.skerry {
        (options.sleeping, options.start, options.restarts, options.address) = (None, None, None, None);
    }
}

/// The machine that a wish stands for. `flavour` is the resolved name.
#[must_use]
pub(crate) fn machine_spec(wanted: &ServerlessRuntime, flavour: &str) -> MachineSpec {
    MachineSpec {
        flavour: flavour.to_owned(),
        cpus: wanted.faas.cpu.unwrap_or(1),
        memory_mib: wanted.faas.memory_mb.unwrap_or(1),
    }
}

/// The runtime's restart policy.
#[must_use]
pub(crate) fn restart_policy(wanted: &ServerlessRuntime) -> RestartPolicy {
    wanted.skerry.as_ref().and_then(|options| options.restart).unwrap_or_default()
}

/// What is shown beside the client's wish.
#[derive(Clone, Debug)]
pub(crate) struct Shown<'a> {
    /// Its number.
    pub id: u64,
    /// Its state.
    pub state: RuntimeState,
    /// Where its endpoint is.
    pub endpoint: String,
    /// Its own address, where it has one.
    pub address: Option<String>,
    /// What the engine did.
    pub vm: &'a VmDocument,
}

/// The object as clients see it.
#[must_use]
pub(crate) fn shown(wanted: &ServerlessRuntime, shown: &Shown<'_>) -> ServerlessRuntime {
    let mut runtime = wanted.clone();
    runtime.id = Some(shown.id);
    runtime.service_id = Some(shown.id);
    runtime.name.get_or_insert_with(|| format!("runtime-{}", shown.id));
    runtime.faas.state = Some(shown.state);
    runtime.faas.endpoint = Some(shown.endpoint.clone());
    runtime.faas.error = shown.vm.error.clone();
    runtime.faas.vm_id = shown.vm.current.as_ref().map(|vm| vm.id.clone());
    let options = runtime.skerry.get_or_insert_default();
    options.sleeping = Some(shown.state == RuntimeState::Running && is_asleep(shown.vm));
    options.start = shown.vm.current.as_ref().map(|vm| vm.start);
    options.restarts = Some(shown.vm.restarts);
    options.address.clone_from(&shown.address);
    runtime
}

/// Whether what the engine did last was to let it sleep.
#[must_use]
pub(crate) fn is_asleep(vm: &VmDocument) -> bool {
    vm.current.as_ref().is_none_or(|current| current.directory.is_none())
}

#[cfg(test)]
mod tests {
    use skerry_api::provisioning::Scheduling;

    use super::*;

    fn wanted() -> ServerlessRuntime {
        let faas = Machine { flavour: Some("Nature".to_owned()), memory_mb: Some(64), ..Machine::default() };
        let defaults = Defaults { memory_mib: 128, idle_timeout_s: 9, concurrency: 4 };
        wanted_at_creation(ServerlessRuntime { faas, ..ServerlessRuntime::default() }, &defaults)
    }

    fn update(asked: ServerlessRuntime) -> Result<ServerlessRuntime, Refusal> {
        wanted_after_update(&wanted(), asked, |flavour| flavour == "Nature" || flavour == "minimal")
    }

    #[test]
    fn what_is_not_asked_for_has_the_defaults() {
        let wanted = wanted();
        assert_eq!((wanted.faas.cpu, wanted.faas.memory_mb), (Some(1), Some(64)));
        let options = wanted.skerry.unwrap();
        assert_eq!((options.idle_timeout_s, options.concurrency, options.public), (Some(9), Some(4), Some(false)));
    }

    #[test]
    fn what_was_read_can_be_sent_back_unchanged() {
        let vm = VmDocument { restarts: 2, ..VmDocument::default() };
        let shown =
            Shown { id: 7, state: RuntimeState::Running, endpoint: "http://x".to_owned(), address: None, vm: &vm };
        let mut read = super::shown(&wanted(), &shown);
        read.name = None;
        assert_eq!(update(read).unwrap(), wanted());
    }

    #[test]
    fn an_update_raises_what_it_names_and_keeps_the_rest() {
        let scheduling = Some(Scheduling { policy: Some("energy".to_owned()), requirements: None });
        let faas = Machine { memory_mb: Some(96), ..Machine::default() };
        let after = update(ServerlessRuntime { faas, scheduling: scheduling.clone(), ..Default::default() }).unwrap();
        assert_eq!((after.faas.memory_mb, after.faas.cpu, &after.scheduling), (Some(96), Some(1), &scheduling));
        assert_eq!(after.faas.flavour.as_deref(), Some("Nature"));
    }

    #[test]
    fn a_decrease_or_another_flavour_is_refused_with_the_reason() {
        let less = Machine { memory_mb: Some(32), ..Machine::default() };
        let other = Machine { flavour: Some("python".to_owned()), ..Machine::default() };
        for (faas, wanted) in [(less, "MEMORY cannot be lowered from 64 to 32"), (other, "FLAVOUR cannot be changed")] {
            let refused = update(ServerlessRuntime { faas, ..ServerlessRuntime::default() }).unwrap_err();
            assert!(matches!(&refused, Refusal::Unprocessable(reason) if reason.contains(wanted)), "{refused}");
        }
    }
}
