//! Segments that a peer may send at the wrong moment: they must not end the machine, nor harm the stream.

use std::thread;
use std::time::Duration;

use skerry_tests::cable::Client;
use skerry_tests::runtime::{Runtime, Setup};
use skerry_vmm::Network;

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";
const ROUNDS: usize = 20;
/// So long the runtime must have read nothing to be taken for one that does not read.
const SETTLING: Duration = Duration::from_millis(50);
/// So short that one probe or another comes between the runtime's reading and its next look at the network.
const BETWEEN_PROBES: Duration = Duration::from_micros(20);
/// How many bytes of answers the client offers to take at a time.
const OFFER_BYTES: usize = 32 * 1024;

/// The bytes of an endless row of requests.
fn requests(positions: std::ops::Range<usize>) -> Vec<u8> {
    positions.map(|position| REQUEST[position % REQUEST.len()]).collect()
}

/// Sends requests and takes no more answers than it has offered to, until the guest takes no more requests.
fn fill(client: &mut Client, sent: &mut usize) {
    loop {
        let end = client.acknowledged + client.window;
        client.send(*sent, &requests(*sent..end));
        *sent = end;
        client.wait("the guest to take it", |client| client.acknowledged == end);
        if client.window == 0 {
            // The runtime may read on, until its answers have nowhere to go.
            thread::sleep(SETTLING);
            client.take_what_is_there();
        }
        if client.window == 0 {
            return;
        }
    }
}

/// A client that takes no answers is not read from, and its window closes. Stacks then send one byte more from time to time,
/// to see whether that is still so. When one comes after the runtime has read and before the guest has said so, it lies
/// outside all that the guest has ever offered.
#[test]
fn a_byte_beyond_a_closed_window_does_no_harm_whenever_it_comes() {
    let runtime = Runtime::boot(&Setup { network: Network::Link, ..Setup::with(&[]) });
    let mut client = Client::connect(runtime.link(), 0);
    let mut sent = 0;
    for _ in 0..ROUNDS {
        fill(&mut client, &mut sent);
        while client.acknowledged == sent && client.window == 0 {
            if client.granted == client.received.len() {
                client.granted += OFFER_BYTES;
                client.acknowledge();
            }
            client.send(sent, &requests(sent..sent + 1));
            client.take_what_is_there();
            thread::sleep(BETWEEN_PROBES);
        }
        sent = sent.max(client.acknowledged);
    }

    client.granted = usize::MAX;
    client.acknowledge();
    let count = sent.div_ceil(REQUEST.len());
    let end = count * REQUEST.len();
    client.wait("room for the rest of a request", |client| client.acknowledged + client.window >= end);
    client.send(sent, &requests(sent..end));
    let answers = |client: &Client| String::from_utf8_lossy(&client.received).matches("HTTP/1.1 200 OK\r\n").count();
    client.wait("all answers", |client| answers(client) == count);
}
