//! What clients change: updates and deletion.

use std::sync::Arc;

use skerry_api::provisioning::ServerlessRuntime;
use skerry_rest::{Refusal, Versioned};

use super::starting::{remove_later, reserve};
use super::{Note, Supervisor};
use crate::lifecycle::Lifecycle;
use crate::live_vm::chain;
use crate::runtime_document::{machine_spec, wanted_after_update};

impl Supervisor {
    /// Changes what the client wants, and begins what follows from it.
    pub(super) async fn update(
        &mut self,
        asked: ServerlessRuntime,
        if_match: Option<u64>,
    ) -> Result<Versioned, Refusal> {
        let id = self.id();
        self.check_changeable()?;
        let version = self.record.version;
        if if_match.is_some_and(|wanted| wanted != version) {
            return Err(Refusal::VersionMismatch { id, version });
        }
        let same_flavour = |name: &str| self.core.flavour(name) == Some(self.shared.flavour.as_str());
        let after = wanted_after_update(&self.wanted, asked, same_flavour)?;
        let spec = machine_spec(&after, &self.shared.flavour);
        let needs_machine = match &self.life {
            Some(Lifecycle::Running(_)) => spec != self.spec(),
            Some(Lifecycle::Failed(_)) => true,
            _ => false,
        };
        let reservation = if needs_machine {
            Some(reserve(&self.core, &spec).await.map_err(|error| Refusal::NoRoom(error.to_string()))?)
        } else {
            None
        };
        let outgrown = matches!(self.life, Some(Lifecycle::Asleep(_))) && spec != self.spec();
        let before = std::mem::replace(&mut self.wanted, after);
        self.former_hardware = Some((before.faas.cpu, before.faas.memory_mb));
        self.apply(needs_machine, outgrown);
        if let Err(error) = self.try_commit("updated", Note::default()).await {
            // Nothing has been begun, so what is in memory goes back to what the store has.
            self.wanted = before;
            self.undo_apply(needs_machine);
            return Err(Refusal::Unavailable(chain(&error)));
        }
        self.core.routes.set_options(id, self.route_options());
        if outgrown && let Some(saved) = self.vm.current.as_mut().and_then(|current| current.saved.take()) {
            remove_later(saved);
        }
        if needs_machine {
            self.reservation = reservation;
            if matches!(self.life, Some(Lifecycle::Pending(_))) {
                self.core.routes.starting(id);
            }
            self.begin_start(None);
        }
        Ok(self.shared.view())
    }

    /// Goes to the state that an update leads to.
    fn apply(&mut self, needs_machine: bool, outgrown: bool) {
        self.life = match self.life.take() {
            Some(Lifecycle::Running(running)) if needs_machine => Some(Lifecycle::Updating(running.updating())),
            Some(Lifecycle::Failed(failed)) if needs_machine => Some(Lifecycle::Pending(failed.revived())),
            Some(Lifecycle::Asleep(asleep)) if outgrown => Some(Lifecycle::Asleep(asleep.without_saved().0)),
            other => other,
        };
    }

    fn undo_apply(&mut self, needs_machine: bool) {
        self.life = match self.life.take() {
            Some(Lifecycle::Updating(updating)) if needs_machine => Some(Lifecycle::Running(updating.failed())),
            Some(Lifecycle::Pending(_)) if needs_machine => {
                let reason = self.vm.error.clone().unwrap_or_default();
                Some(Lifecycle::Failed(crate::lifecycle::Failed { reason }))
            }
            other => other,
        };
    }

    /// Begins anew the replacement that the last engine did not finish.
    pub(super) async fn begin_replacement(&mut self) {
        match reserve(&self.core, &self.spec()).await {
            Ok(reservation) => {
                self.reservation = Some(reservation);
                self.apply(true, false);
                self.commit("updated", Note::detail("begun anew after the engine's restart")).await;
                self.begin_start(None);
            }
            Err(error) => self.commit("update-failed", Note::detail(&error.to_string())).await,
        }
    }

    /// Deletes the runtime; its machine ends afterwards.
    pub(super) async fn delete(&mut self) -> Result<(), Refusal> {
        let id = self.id();
        self.check_changeable()?;
        self.core.store.delete(id).await.map_err(|error| Refusal::Unavailable(chain(&error)))?;
        tracing::info!(runtime = id, "deleted");
        self.core.routes.remove(id, "the runtime was deleted");
        self.core.registry.remove(id);
        if let Some(saved) = self.vm.current.as_ref().and_then(|current| current.saved.clone()) {
            remove_later(saved);
        }
        if let Some(machine) = self.life.as_ref().and_then(Lifecycle::machine) {
            let machine = Arc::clone(machine);
            self.core.endings.spawn(async move { machine.stop().await });
        }
        Ok(())
    }

    /// Refuses a change of a runtime that is on its way to another state.
    fn check_changeable(&self) -> Result<(), Refusal> {
        let state = self.shared.state();
        let waking = matches!(self.life, Some(Lifecycle::Waking(_)));
        if state.is_transient() || waking { Err(Refusal::Transient { id: self.id(), state }) } else { Ok(()) }
    }
}
