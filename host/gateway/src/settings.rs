//! The gateway's limits and times, with their defaults. Where they come from (file, flag, environment) is the engine's
//! business.

use std::time::Duration;

/// Most connections to one guest, whatever the settings say: half of what a guest accepts, so that the engine's own
/// look at its health and metrics always finds room.
pub const MOST_CONNECTIONS_PER_GUEST: usize = 32;

/// What a guest allows one call to run for unless it is told otherwise (its boot option `call-time-limit-ms`).
const GUEST_CALL_TIME_LIMIT: Duration = Duration::from_secs(60);

/// What is added to a guest's own limit before a call counts as lost: time to send, to prepare and to wait for a runner.
const ANSWER_MARGIN: Duration = Duration::from_secs(30);

/// How the gateway is to behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySettings {
    /// How long a request waits for a runtime that starts or wakes before it gets 503. Default 10 s.
    pub wake_timeout: Duration,
    /// How long a request waits for a free slot of its runtime before it gets 429. Default 60 s.
    pub queue_timeout: Duration,
    /// How long connecting to a guest may take. Default 5 s: nothing for a guest that runs, but a busy host runs it late.
    pub connect_timeout: Duration,
    /// How long a request that could not be sent waits for word that its guest is gone, to go to the next one then,
    /// before it gets 502. Default 500 ms.
    pub notice_timeout: Duration,
    /// How long a guest may take until its answer begins; then the client gets 504. Default 0: as long as
    /// [`GatewaySettings::call_time_limit`], and 30 s more.
    pub answer_timeout: Duration,
    /// How long the guests let one call run. Default 60 s, which is theirs.
    pub call_time_limit: Duration,
    /// Largest request body in bytes; more gets 413. Default 0: no limit but the guest's own.
    pub most_body_bytes: u64,
    /// Most requests at one guest at once, and so connections to it. Default, and most: 32.
    pub connections_per_guest: usize,
    /// How many of these are for what is answered at once (status, health, metrics, asynchronous calls), so that it
    /// never waits for long calls. Default 8.
    pub quick_connections_per_guest: usize,
    /// How long a connection to a guest may idle. Default 30 s: guests close theirs after 60.
    pub idle_timeout: Duration,
    /// Most connections of clients to one listener. Default 4,096.
    pub most_client_connections: usize,
    /// How long a client may take to send a request's head, and stay connected without sending one. Default 30 s.
    pub client_header_timeout: Duration,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            wake_timeout: Duration::from_secs(10),
            queue_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            notice_timeout: Duration::from_millis(500),
            answer_timeout: Duration::ZERO,
            call_time_limit: GUEST_CALL_TIME_LIMIT,
            most_body_bytes: 0,
            connections_per_guest: MOST_CONNECTIONS_PER_GUEST,
            quick_connections_per_guest: 8,
            idle_timeout: Duration::from_secs(30),
            most_client_connections: 4096,
            client_header_timeout: Duration::from_secs(30),
        }
    }
}

impl GatewaySettings {
    /// The same with every value within what works together.
    pub(crate) fn bounded(mut self) -> Self {
        self.connections_per_guest = self.connections_per_guest.clamp(2, MOST_CONNECTIONS_PER_GUEST);
        self.quick_connections_per_guest = self.quick_connections_per_guest.clamp(1, self.connections_per_guest - 1);
        self.most_client_connections = self.most_client_connections.max(1);
        self
    }

    /// How long a guest may take until its answer begins.
    pub(crate) fn answer_deadline(&self) -> Duration {
        if self.answer_timeout.is_zero() { self.call_time_limit + ANSWER_MARGIN } else { self.answer_timeout }
    }

    /// How many calls may hold a connection for long, whatever a runtime's own concurrency is.
    pub(crate) fn most_long_calls(&self) -> usize {
        self.connections_per_guest - self.quick_connections_per_guest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_calls_always_leave_room_for_quick_ones() {
        for (connections, quick) in [(0, 0), (1, 1), (2, 9), (32, 8), (1000, 1000)] {
            let settings = GatewaySettings {
                connections_per_guest: connections,
                quick_connections_per_guest: quick,
                ..Default::default()
            }
            .bounded();
            assert!(settings.connections_per_guest <= MOST_CONNECTIONS_PER_GUEST);
            assert!(settings.most_long_calls() >= 1);
            assert!(settings.quick_connections_per_guest >= 1);
        }
    }

    #[test]
    fn a_guest_that_stops_its_calls_in_time_is_never_given_up_before() {
        let settings = GatewaySettings { call_time_limit: Duration::from_secs(300), ..Default::default() };
        assert!(settings.answer_deadline() > Duration::from_secs(300));
        let settings = GatewaySettings { answer_timeout: Duration::from_secs(1), ..settings };
        assert_eq!(settings.answer_deadline(), Duration::from_secs(1));
    }
}
