//! A link's connections over a cable with a well-behaved guest at the other end.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod guest;

use std::io;
use std::time::Duration;

use guest::{COUNTING, DEAF, ECHO, Ending, PATIENCE, Peer, RESETTING, cable};
use skerry_link::{GuestStream, Link, LinkError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::time::timeout;

async fn connected() -> (Link, Peer, tempfile::TempDir) {
    let (link, socket, directory) = cable().await;
    (link, Peer::start(socket), directory)
}

async fn open(link: &Link, port: u16) -> GuestStream {
    link.open(port, PATIENCE).await.unwrap()
}

/// Bytes in which a piece that is lost, doubled or moved shows.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

#[tokio::test]
async fn bytes_arrive_whole_and_in_order_both_ways_on_many_connections_at_once() {
    let (link, _peer, _directory) = connected().await;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..8 {
        let link = link.clone();
        clients.spawn(async move {
            let sent = pattern(300_000 + client);
            let (mut reader, mut writer) = tokio::io::split(open(&link, ECHO).await);
            let mut received = vec![0; sent.len()];
            let (wrote, read) = tokio::join!(writer.write_all(&sent), reader.read_exact(&mut received));
            wrote.unwrap();
            read.unwrap();
            assert!(received == sent);
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

#[tokio::test]
async fn a_side_that_is_ended_leaves_the_other_open() {
    let (link, _peer, _directory) = connected().await;
    let mut stream = open(&link, COUNTING).await;
    stream.write_all(&pattern(100_000)).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(stream.write(b"more").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "100000");
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    let (link, _peer, _directory) = connected().await;
    assert!(matches!(link.open(4711, PATIENCE).await, Err(LinkError::Refused { port: 4711 })));
    assert!(matches!(link.open(0, PATIENCE).await, Err(LinkError::Refused { port: 0 })));
}

#[tokio::test]
async fn a_reset_is_told() {
    let (link, _peer, _directory) = connected().await;
    let mut stream = match link.open(RESETTING, PATIENCE).await {
        Ok(stream) => stream,
        // The reset came together with the answer.
        Err(error) => return assert!(matches!(error, LinkError::Refused { port: RESETTING })),
    };
    let read = timeout(PATIENCE, stream.read_u8()).await.unwrap();
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(stream.write(b"x").await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_stops_reading_stops_the_writer_and_is_given_up() {
    let (link, _peer, _directory) = connected().await;
    let mut stream = open(&link, DEAF).await;
    let mut written = 0;
    let error = loop {
        match stream.write(&[7; 1000]).await {
            Ok(len) => written += len,
            Err(error) => break error,
        }
        // The guest's buffer, the stack's and ours.
        assert!(written <= (16 + 32 + 32) * 1024, "{written} bytes were taken that nobody reads");
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(error.to_string().contains("stopped reading"), "{error}");
    assert!(written >= 16 * 1024, "what there is room for is taken");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_connection_lives_on() {
    let (link, _peer, _directory) = connected().await;
    let mut stream = open(&link, ECHO).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    stream.write_all(b"still there").await.unwrap();
    let mut answer = [0; 11];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"still there");
}

#[tokio::test]
async fn all_ends_when_the_virtual_machine_does() {
    let (link, peer, _directory) = connected().await;
    let mut waiting = open(&link, DEAF).await;
    let reader = tokio::spawn(async move { waiting.read_u8().await });
    let other = link.clone();
    let watcher = tokio::spawn(async move { other.closed().await });
    peer.kill().await;
    let read = timeout(PATIENCE, reader).await.unwrap().unwrap();
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    timeout(PATIENCE, watcher).await.unwrap().unwrap();
    assert!(matches!(link.open(ECHO, PATIENCE).await, Err(LinkError::Gone)));
}

#[tokio::test]
async fn the_last_handle_dropped_ends_the_link() {
    let (link, socket, _directory) = cable().await;
    let peer = Peer::start(socket);
    let mut stream = open(&link, DEAF).await;
    let clone = link.clone();
    drop(link);
    stream.write_all(b"x").await.unwrap();
    drop(clone);
    let read = timeout(PATIENCE, stream.read_u8()).await.unwrap();
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    drop(peer);
}

#[tokio::test]
async fn a_dropped_stream_delivers_what_it_wrote_and_is_reset() {
    let (link, mut peer, _directory) = connected().await;
    let mut stream = open(&link, COUNTING).await;
    stream.write_all(&pattern(30_000)).await.unwrap();
    drop(stream);
    let ending = timeout(PATIENCE, peer.endings.recv()).await.unwrap();
    assert_eq!(ending, Some(Ending::Reset(30_000)), "the guest learns that nobody waits");
}

#[tokio::test]
async fn connections_that_are_done_make_room_for_others() {
    let (link, _peer, _directory) = connected().await;
    // The peer has 40 sockets for this port, and a link 256 connections.
    for _ in 0..600 {
        let mut stream = open(&link, ECHO).await;
        stream.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
    }
}

#[tokio::test]
async fn a_path_may_be_longer_than_a_sockets_address() {
    let directory = tempfile::tempdir().unwrap();
    let long = directory.path().join("d".repeat(200)).join("e".repeat(200));
    std::fs::create_dir_all(&long).unwrap();
    // Bound under a short name, since it cannot be bound under a long one, and moved there.
    let listener = UnixListener::bind(directory.path().join("s")).unwrap();
    let path = long.join("n".repeat(200));
    std::fs::rename(directory.path().join("s"), &path).unwrap();
    let (link, accepted) = tokio::join!(Link::connect(&path), listener.accept());
    let _peer = Peer::start(accepted.unwrap().0);
    open(&link.unwrap(), ECHO).await;
}

#[tokio::test]
async fn a_socket_that_nobody_listens_on_is_told_with_its_path() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["missing".to_owned(), "long".repeat(50)] {
        let error = Link::connect(&directory.path().join(&name)).await.unwrap_err();
        assert!(error.to_string().contains(&name), "{error}");
        assert!(matches!(error, LinkError::Connect { .. }));
    }
}
