//! Crowds of connections: whoever only holds them keeps no stop out.

use std::{io::ErrorKind, os::unix::fs::PermissionsExt as _, time::Duration};

use proto::v1::{CauseKind, UnitState};
use safety::Nanos;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    house::House,
    prescriptions::{LONG, for_unit},
    process::Gateway,
    stops::stop,
    time::{in_real_time, within},
};

/// More connections than the API takes.
const CROWD: usize = 600;
/// The first bytes of every client of HTTP/2: its preface and settings that change nothing.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// API-03, SEC-06: a crowd that holds every place, silent or not, keeps no stop out, and no session
/// and no watch loses its connection to it. The gateway was started where few files may be open.
#[test]
fn a_crowd_of_connections_keeps_no_stop_out() {
    in_real_time(async || {
        let house = House::new(&["pemf-one", "pemf-two"]);
        let gateway = Gateway::start_with_descriptors(&house, 128).await;
        let mut one = gateway.emit(&house, "pemf-one").await;
        let two = gateway.emit(&house, "pemf-two").await;
        // A call was made on it long ago, and it is kept for the next one.
        let mut idle = TcpStream::connect(gateway.grpc).await.unwrap();
        idle.write_all(GREETING).await.unwrap();

        let silent = crowd(&gateway, b"").await;
        prompt_stop(&gateway, "pemf-one").await;
        assert_eq!(one.end().await.reason(), CauseKind::Stop);
        for mut stream in silent {
            assert!(within("a silent one is closed", is_closed(&mut stream)).await);
        }
        let open = timeout(Duration::from_millis(100), is_closed(&mut idle)).await;
        assert!(open.is_err(), "the silent ones put out one that had greeted");

        let greeting = crowd(&gateway, GREETING).await;
        assert!(within("the oldest makes room", is_closed(&mut idle)).await);
        prompt_stop(&gateway, "pemf-two").await;
        assert_eq!({ two }.end().await.reason(), CauseKind::Stop);
        drop(greeting);
        one = gateway.confirm("pemf-one", for_unit("pemf-one", LONG)).await;
        one.half_close();
        gateway.watcher.until_state("pemf-one", UnitState::Standby).await;
    });
}

/// OPS-02: whoever holds the connections of the metrics is put out after a while, and keeps nobody
/// from a stop meanwhile. What the gateway keeps is its own user's alone.
#[test]
fn readers_of_metrics_do_not_stay() {
    in_real_time(async || {
        let house = House::new(&["pemf"]);
        let gateway = Gateway::start(&house).await;
        let mode = std::fs::metadata(house.data()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{mode:o}");
        let mut readers = Vec::new();
        for _ in 0..40 {
            readers.push(TcpStream::connect(gateway.metrics).await.unwrap());
        }
        gateway.watcher.until_state("pemf", UnitState::Standby).await;
        prompt_stop(&gateway, "pemf").await;
        for mut reader in readers {
            assert!(within("a reader is put out", is_closed(&mut reader)).await);
        }
        let page = gateway.scrape();
        assert!(page.contains("therapy_gateway_task_panics_total 0"), "{page}");
    });
}

/// Many connections that say the same, and nothing more. All are open at the same time, or were.
async fn crowd(gateway: &Gateway, words: &[u8]) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let mut stream = TcpStream::connect(gateway.grpc).await.unwrap();
        // One that came early may have been put out already.
        let _put_out = stream.write_all(words).await;
        crowd.push(stream);
    }
    crowd
}

/// A stop over a new connection, proven as soon as ever.
async fn prompt_stop(gateway: &Gateway, unit: &str) {
    let begun = ::gateway::clock::now();
    let proof = stop(gateway.channel().await, unit.to_owned()).await;
    let took = ::gateway::clock::now().since(begun);
    assert!(proof.off_confirmed_boottime_nanoseconds.is_some(), "{proof:?}");
    assert!(took < Nanos::from_millis(1_000), "{took:?}");
}

/// Waits until the other end has closed.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 256];
    loop {
        match stream.read(&mut bytes).await {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::ConnectionReset,
        }
    }
}
