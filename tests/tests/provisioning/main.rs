//! The provisioning engine end to end: the real binary, real microVMs, real HTTP, killed and started again.

mod clones;
mod command_line;
mod crashes;
mod lifecycle;
mod refusals;
mod restarts;
mod sleep;
mod spares;
mod updates;
