//! The only thing that listens: identity, routes to guests, proxy.
//!
//! A request's way: [`serve`] reads it, [`Users`] says whom it comes from, [`Routes`] where it goes, and the proxy moves
//! it there and the answer back. A request that finds its runtime asleep wakes it and waits; one that finds it busy
//! waits its turn.
//!
//! 1. What a guest sends is hostile: it can spoil its own answers and nothing else.
//! 2. Whoever goes away takes with it what it held: nothing is in the background but idle connections.
//! 3. No lock is held across an await.
//!
//! It does not start machines, keep records or know what a function is: that is the engine, behind [`Hooks`].
#![forbid(unsafe_code)]

mod answers;
mod connector;
mod exchange;
mod guest;
mod guest_body;
mod guest_connection;
mod head_watch;
mod headers;
mod hooks;
pub mod identity;
mod lane;
mod listener;
mod metrics;
mod paths;
mod proxy;
mod request_body;
mod route;
pub mod routes;
mod settings;
mod task_ends;
mod tasks;
mod visit;

pub use connector::{Connector, GuestIo, LinkConnector, TcpConnector};
pub use headers::{REQUEST_ID, START};
pub use hooks::{Hooks, TaskRecord};
pub use identity::{
    Identity, PasswordError, Unauthenticated, User, Users, UsersError, WWW_AUTHENTICATE_VALUE, hash_password,
    require_identity,
};
pub use listener::{serve, serve_runtime};
pub use proxy::router;
pub use routes::{RouteOptions, Routes};
pub use settings::{GatewaySettings, MOST_CONNECTIONS_PER_GUEST};
