//! Guests that misbehave: what they send, and what they fail to do, harms their own link at most.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod guest;

use std::io;
use std::time::Duration;

use guest::{
    ECHO, PATIENCE, Peer, arp_frame, cable, next_segment, on_the_wire, read_frame, tcp_frame, tcp_segment, write_frame,
};
use proptest::prelude::*;
use skerry_link::{GuestStream, Link, LinkError};
use smoltcp::wire::{
    ArpOperation, EthernetAddress, EthernetFrame, EthernetProtocol, TcpControl, TcpRepr, TcpSeqNumber,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// A segment in answer to one of the host's.
fn answer_to(segment: &TcpRepr<'_>, control: TcpControl, seq: i32) -> TcpRepr<'static> {
    TcpRepr {
        src_port: segment.dst_port,
        dst_port: segment.src_port,
        control,
        seq_number: TcpSeqNumber(seq),
        ack_number: Some(segment.seq_number + segment.segment_len()),
        window_len: 16_384,
        window_scale: None,
        max_seg_size: (control == TcpControl::Syn).then_some(1460),
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &[],
    }
}

/// Answers the host's first packet properly, and nothing after that.
async fn shake_hands(link: &Link, socket: &mut UnixStream) -> (GuestStream, EthernetAddress, TcpRepr<'static>) {
    let greet = async {
        let frame = next_segment(socket).await;
        let (host, syn) = tcp_segment(&frame).unwrap();
        assert_eq!(syn.control, TcpControl::Syn);
        let answer = answer_to(&syn, TcpControl::Syn, 1000);
        write_frame(socket, &tcp_frame(host, &answer)).await;
        (host, TcpRepr { seq_number: TcpSeqNumber(1001), control: TcpControl::None, max_seg_size: None, ..answer })
    };
    let (stream, (host, segment)) = tokio::join!(link.open(ECHO, PATIENCE), greet);
    (stream.unwrap(), host, segment)
}

/// The link answers a question, so it is alive.
async fn assert_alive(socket: &mut UnixStream) {
    let host = EthernetAddress([0x52, 0x55, 10, 0, 2, 2]);
    let ask = async {
        write_frame(socket, &arp_frame(ArpOperation::Request, EthernetAddress::BROADCAST)).await;
        loop {
            let frame = read_frame(socket).await;
            let ethernet = EthernetFrame::new_checked(&frame[..]).unwrap();
            if ethernet.ethertype() == EthernetProtocol::Arp && ethernet.dst_addr() == guest::GUEST_ETHERNET {
                assert_eq!(ethernet.src_addr(), host);
                return;
            }
        }
    };
    timeout(PATIENCE, ask).await.expect("the link answers ARP");
}

#[tokio::test]
async fn a_frame_of_four_gibibytes_ends_the_link_only() {
    let (link, mut socket, _directory) = cable().await;
    let (other, other_socket, _other_directory) = cable().await;
    let _peer = Peer::start(other_socket);
    socket.write_all(&[0xff; 100]).await.unwrap();
    timeout(PATIENCE, link.closed()).await.unwrap();
    assert!(matches!(link.open(ECHO, PATIENCE).await, Err(LinkError::Gone)));
    other.open(ECHO, PATIENCE).await.unwrap();
}

#[tokio::test]
async fn frames_that_are_too_long_or_empty_are_passed_over() {
    let (_link, mut socket, _directory) = cable().await;
    for length in [0, 1, 13, 1519, 65_535, 69_632] {
        write_frame(&mut socket, &vec![0xff; length]).await;
    }
    assert_alive(&mut socket).await;
}

#[tokio::test]
async fn a_guest_that_never_answers_is_told_in_time() {
    let (link, _socket, _directory) = cable().await;
    let error = link.open(ECHO, Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(error, LinkError::NoAnswer { port: ECHO, timeout_ms: 300 }));
}

#[tokio::test]
async fn connections_are_bounded_and_those_given_up_make_room() {
    let (link, socket, _directory) = cable().await;
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..257 {
        let link = link.clone();
        opening.spawn(async move { link.open(ECHO, PATIENCE).await });
    }
    let first = timeout(PATIENCE, opening.join_next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(first, Err(LinkError::Busy { most: 256 })));
    opening.shutdown().await;
    let _peer = Peer::start(socket);
    // The link finds out that they are given up when it next looks at them.
    timeout(PATIENCE, async { while link.open(ECHO, PATIENCE).await.is_err() {} }).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_the_guest_still_holds_from_before_is_tried_again_from_another_port() {
    let (link, mut socket, _directory) = cable().await;
    let play = async {
        let frame = next_segment(&mut socket).await;
        let (host, first) = tcp_segment(&frame).unwrap();
        // What a stack says to a first packet amid a connection (RFC 5961, 4): where it believes to be.
        let challenge =
            TcpRepr { ack_number: Some(first.seq_number + 5000), ..answer_to(&first, TcpControl::None, 777) };
        write_frame(&mut socket, &tcp_frame(host, &challenge)).await;
        loop {
            let frame = next_segment(&mut socket).await;
            let (host, segment) = tcp_segment(&frame).unwrap();
            if segment.control == TcpControl::Syn && segment.src_port != first.src_port {
                write_frame(&mut socket, &tcp_frame(host, &answer_to(&segment, TcpControl::Syn, 1000))).await;
                return;
            }
        }
    };
    let (stream, ()) = timeout(PATIENCE, async { tokio::join!(link.open(ECHO, PATIENCE), play) }).await.unwrap();
    stream.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_guest_whose_kernel_falls_silent_fails_its_streams() {
    let (link, mut socket, _directory) = cable().await;
    let (mut stream, ..) = shake_hands(&link, &mut socket).await;
    stream.write_all(b"anybody there?").await.unwrap();
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn no_byte_is_sent_that_the_guest_has_no_room_for() {
    let (link, mut socket, _directory) = cable().await;
    let (mut stream, host, base) = shake_hands(&link, &mut socket).await;
    let first = base.ack_number.unwrap();
    let writer = tokio::spawn(async move {
        stream.write_all(&[5; 40_000]).await.unwrap();
        stream
    });
    let mut edge = first + usize::from(base.window_len);
    for _ in 0..2 {
        let mut has_all = false;
        // Until our side asks whether the guest is still there, seconds after it fell silent.
        loop {
            let frame = next_segment(&mut socket).await;
            let (_, segment) = tcp_segment(&frame).unwrap();
            let end = segment.seq_number + segment.payload.len();
            assert!(end <= edge, "{} bytes too many", end - edge);
            if has_all && !segment.payload.is_empty() {
                break;
            }
            if end == edge {
                has_all = true;
                let full = TcpRepr { ack_number: Some(edge), window_len: 0, ..base };
                write_frame(&mut socket, &tcp_frame(host, &full)).await;
            }
        }
        let roomy = TcpRepr { ack_number: Some(edge), window_len: 10_000, ..base };
        edge += 10_000;
        write_frame(&mut socket, &tcp_frame(host, &roomy)).await;
    }
    drop(timeout(PATIENCE, writer).await.unwrap().unwrap());
}

#[tokio::test]
async fn an_answer_given_before_the_end_is_not_lost() {
    let (link, mut socket, _directory) = cable().await;
    let (mut stream, host, segment) = shake_hands(&link, &mut socket).await;
    // Dropped with the host's frames unread, as when QEMU is killed.
    write_frame(&mut socket, &tcp_frame(host, &TcpRepr { payload: b"last words", ..segment })).await;
    drop(socket);
    let mut answer = Vec::new();
    let error = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted, "it is not whole, as far as anybody knows");
    assert_eq!(answer, b"last words");
}

#[tokio::test]
async fn a_flood_of_questions_that_nobody_reads_the_answers_of_costs_no_memory() {
    let (link, socket, _directory) = cable().await;
    let (mut reader, mut writer) = socket.into_split();
    let question = on_the_wire(&arp_frame(ArpOperation::Request, EthernetAddress::BROADCAST)).repeat(1000);
    let mut sent = 0;
    for _ in 0..300 {
        writer.write_all(&question).await.unwrap();
        sent += question.len();
    }
    writer.shutdown().await.unwrap();
    timeout(PATIENCE, link.closed()).await.unwrap();
    let mut answers = Vec::new();
    let _ = reader.read_to_end(&mut answers).await;
    // What the two sockets hold is up to the system.
    assert!(answers.len() < sent / 4, "{} bytes of answers to {sent} bytes", answers.len());
}

/// A segment to a connection, near enough to be looked at closely.
fn nonsense() -> impl Strategy<Value = (TcpControl, i32, i32, u16, Vec<u8>, Option<usize>)> {
    let control = prop_oneof![
        Just(TcpControl::None),
        Just(TcpControl::Psh),
        Just(TcpControl::Syn),
        Just(TcpControl::Fin),
        // A reset ends the matter, so it is rare.
        Just(TcpControl::None),
        Just(TcpControl::None),
        Just(TcpControl::None),
        Just(TcpControl::Rst),
    ];
    let near = prop_oneof![-3..3_i32, -70_000..70_000_i32, any::<i32>()];
    let payload = prop::collection::vec(any::<u8>(), 0..1400);
    (control, near.clone(), near, any::<u16>(), payload, prop::option::of(0..1500_usize))
}

fn in_a_runtime(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_frame_ends_a_link(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1600), 0..50)) {
        in_a_runtime(async {
            let (_link, mut socket, _directory) = cable().await;
            for mut frame in frames {
                // To us, and IPv4 or ARP, so that somebody looks at it.
                if let Some(header) = frame.get_mut(..14) {
                    header[..6].fill(0xff);
                    header[12] = 8;
                    header[13] %= 8;
                }
                write_frame(&mut socket, &frame).await;
            }
            assert_alive(&mut socket).await;
        });
    }

    #[test]
    fn no_segment_ends_a_link_or_hangs_a_stream(segments in prop::collection::vec(nonsense(), 0..50)) {
        in_a_runtime(async {
            let (link, mut socket, _directory) = cable().await;
            let (mut stream, host, base) = shake_hands(&link, &mut socket).await;
            stream.write_all(&[1; 20_000]).await.unwrap();
            for (control, seq, ack, window_len, payload, cut) in &segments {
                let segment = TcpRepr {
                    control: *control,
                    seq_number: TcpSeqNumber(1001_i32.wrapping_add(*seq)),
                    ack_number: base.ack_number.map(|number| TcpSeqNumber(number.0.wrapping_add(*ack))),
                    window_len: *window_len,
                    payload,
                    ..base
                };
                let mut frame = tcp_frame(host, &segment);
                frame.truncate(cut.unwrap_or(usize::MAX));
                write_frame(&mut socket, &frame).await;
            }
            assert_alive(&mut socket).await;
            drop(socket);
            let mut rest = Vec::new();
            let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the stream ends with its link");
        });
    }
}
