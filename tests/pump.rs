//! The pump of a line against a port in memory, in virtual time: bytes in any split, a stop ahead
//! of a flood, a port that takes nothing, and a hang-up.

use std::{
    cell::Cell,
    future::pending,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use clinic::{Happening, LineId};
use device_drivers::{Frame, Rank};
use gateway::{
    link::{FRAMES_MAX, pump, run, way},
    port::Port,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use safety::Nanos;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

const LINE: LineId = LineId(7);
/// More than any test here waits for.
const LONG: Duration = Duration::from_secs(3_600);

/// A port in memory. The far end is a [`DuplexStream`].
struct Memory {
    near: DuplexStream,
    purges: Arc<AtomicU32>,
}

impl Port for Memory {
    fn purge(&mut self) -> io::Result<()> {
        self.purges.fetch_add(1, Ordering::Relaxed);
        let mut context = Context::from_waker(Waker::noop());
        let mut bytes = [0; 64];
        loop {
            let mut read = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.near).poll_read(&mut context, &mut read) {
                Poll::Ready(Ok(())) if read.filled().is_empty() => return Ok(()),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Ok(()),
            }
        }
    }
}

impl AsyncRead for Memory {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.near).poll_read(context, buffer)
    }
}

impl AsyncWrite for Memory {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.near).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A pump at work, and everything around it.
struct Bench {
    far: DuplexStream,
    frames: mpsc::Sender<Frame>,
    happenings: mpsc::Receiver<Happening>,
    purges: Arc<AtomicU32>,
    pump: JoinHandle<io::Result<()>>,
}

impl Bench {
    /// A port whose buffers hold `room` bytes each way, and a queue of `queue` happenings.
    async fn new(room: usize, queue: usize, before: &[u8], first: Option<Frame>) -> Self {
        let (near, mut far) = duplex(room);
        let purges = Arc::new(AtomicU32::new(0));
        let port = Memory { near, purges: Arc::clone(&purges) };
        let (frames, mut waiting) = mpsc::channel(FRAMES_MAX);
        let (told, happenings) = mpsc::channel(queue);
        far.write_all(before).await.unwrap();
        if let Some(frame) = first {
            frames.try_send(frame).unwrap();
        }
        let pump = tokio::spawn(async move { pump(LINE, port, &mut waiting, &told).await });
        Self { far, frames, happenings, purges, pump }
    }

    async fn next(&mut self) -> Happening {
        timeout(LONG, self.happenings.recv()).await.unwrap().unwrap()
    }

    async fn ended(self) -> io::Result<()> {
        timeout(LONG, self.pump).await.unwrap().unwrap()
    }
}

fn frame(bytes: &[u8], rank: Rank) -> Frame {
    Frame {
        bytes: bytes.to_vec(),
        rank,
        purge_first: false,
        answer_within: Nanos::from_millis(20),
        quiet_after: Nanos::ZERO,
    }
}

fn is_written(happening: &Happening) -> bool {
    matches!(happening, Happening::Written(line) if *line == LINE)
}

#[tokio::test(start_paused = true)]
async fn every_byte_comes_through_once_and_in_order_however_it_is_split() {
    for seed in 0..50 {
        let mut chance = StdRng::seed_from_u64(seed);
        let sent: Vec<u8> = (0..chance.random_range(1..20_000)).map(|_| chance.random()).collect();
        let mut bench = Bench::new(chance.random_range(1..5_000), 4, &[], None).await;
        let (mut far_reads, mut far) = tokio::io::split(bench.far);
        let all = sent.clone();
        let writer = tokio::spawn(async move {
            let mut rest = all.as_slice();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(chance.random_range(1..=rest.len().min(700)));
                far.write_all(piece).await.unwrap();
                rest = after;
            }
        });
        let mut heard = Vec::new();
        while heard.len() < sent.len() {
            match bench.happenings.recv().await.unwrap() {
                Happening::Bytes(LINE, bytes) => heard.extend(bytes),
                other => panic!("{other:?}"),
            }
        }
        assert!(heard == sent, "seed {seed}");
        writer.await.unwrap();
        drop(bench.frames);
        bench.pump.await.unwrap().unwrap();
        assert_eq!(far_reads.read(&mut [0; 1]).await.unwrap(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_comes_out_whole_through_any_bottleneck() {
    for room in [1, 2, 7, 64] {
        let bytes: Vec<u8> = (0..200).collect();
        let mut bench = Bench::new(room, 4, &[], Some(frame(&bytes, Rank::Order))).await;
        let mut out = vec![0; bytes.len()];
        bench.far.read_exact(&mut out).await.unwrap();
        assert_eq!(out, bytes);
        assert!(is_written(&bench.next().await));
    }
}

/// COM-10: a flood keeps no stop from the wire.
#[tokio::test(start_paused = true)]
async fn a_stop_goes_out_before_any_of_a_flood_is_read() {
    let stop = frame(b"off", Rank::Stop);
    let mut bench = Bench::new(65_536, 1, &[0xAA; 65_536], Some(stop)).await;
    assert!(is_written(&bench.next().await));
    let mut out = [0; 3];
    bench.far.read_exact(&mut out).await.unwrap();
    assert_eq!(&out, b"off");
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_a_flood_waits_for_what_is_read_already_and_no_more() {
    let mut bench = Bench::new(65_536, 1, &[0xAA; 65_536], None).await;
    assert!(matches!(bench.next().await, Happening::Bytes(..)));
    bench.frames.try_send(frame(b"off", Rank::Stop)).unwrap();
    let mut reads = 0;
    while !is_written(&bench.next().await) {
        reads += 1;
    }
    // One is in the queue, one is on its way into the queue.
    assert!(reads <= 2, "{reads} reads went before the stop");
}

#[tokio::test(start_paused = true)]
async fn two_frames_go_out_one_after_the_other_and_are_told_in_that_order() {
    let mut bench = Bench::new(4, 4, &[], Some(frame(b"ask me first", Rank::Ask))).await;
    bench.frames.send(frame(b"then off", Rank::Stop)).await.unwrap();
    let mut out = [0; 12];
    bench.far.read_exact(&mut out).await.unwrap();
    assert_eq!(&out, b"ask me first");
    assert!(is_written(&bench.next().await));
    let mut out = [0; 8];
    bench.far.read_exact(&mut out).await.unwrap();
    assert_eq!(&out, b"then off");
    assert!(is_written(&bench.next().await));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_told_after_the_question_was_written() {
    let mut bench = Bench::new(64, 4, &[], Some(frame(b"who", Rank::Ask))).await;
    let mut out = [0; 3];
    bench.far.read_exact(&mut out).await.unwrap();
    bench.far.write_all(b"me").await.unwrap();
    assert!(is_written(&bench.next().await));
    assert!(matches!(bench.next().await, Happening::Bytes(LINE, bytes) if bytes == b"me"));
}

#[tokio::test(start_paused = true)]
async fn what_came_in_before_is_thrown_away_where_a_frame_says_so() {
    let asks = Frame { purge_first: true, ..frame(b"who", Rank::Ask) };
    let mut bench = Bench::new(64, 4, b"a late answer", Some(asks)).await;
    assert!(is_written(&bench.next().await));
    bench.far.write_all(b"me").await.unwrap();
    assert!(matches!(bench.next().await, Happening::Bytes(LINE, bytes) if bytes == b"me"));
    assert_eq!(bench.purges.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_port_that_takes_no_bytes_is_given_up_within_two_seconds() {
    let bench = Bench::new(8, 4, &[], Some(frame(&[1; 100], Rank::Stop))).await;
    let given_up = timeout(Duration::from_secs(2), bench.pump).await.unwrap().unwrap();
    assert_eq!(given_up.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_merely_silent_is_kept() {
    let mut bench = Bench::new(8, 4, &[], None).await;
    assert!(timeout(LONG, bench.happenings.recv()).await.is_err());
    bench.frames.try_send(frame(b"still", Rank::Ask)).unwrap();
    assert!(is_written(&bench.next().await));
}

/// A driver that hangs in opening a port costs one attempt, not one every few seconds.
#[tokio::test(start_paused = true)]
async fn a_port_is_not_tried_again_while_an_attempt_is_outstanding() {
    let attempts = Cell::new(0);
    let open = async |_| {
        attempts.set(attempts.get() + 1);
        pending::<io::Result<Memory>>().await
    };
    let (_outgoing, incoming) = way();
    let (told, _happenings) = mpsc::channel(4);
    assert!(timeout(LONG, run(LINE, open, incoming, told)).await.is_err());
    assert_eq!(attempts.get(), 1);
}

/// A frame too many is a defect of ours. The line that it was for begins anew, and does not wait for
/// ever to hear that it was written.
#[tokio::test(start_paused = true)]
async fn a_line_that_is_given_a_frame_too_many_begins_anew() {
    let mut fars = Vec::new();
    let open = async |_| {
        let (near, far) = duplex(64);
        fars.push(far);
        Ok(Memory { near, purges: Arc::default() })
    };
    let (outgoing, incoming) = way();
    let (told, mut happenings) = mpsc::channel(4);
    let script = async {
        assert!(matches!(happenings.recv().await, Some(Happening::Opened(LINE))));
        for _ in 0..=FRAMES_MAX {
            outgoing.hand_over(frame(b"off", Rank::Stop));
        }
        let closed = |happening| matches!(happening, Some(Happening::Closed(LINE)));
        while !closed(happenings.recv().await) {}
        assert!(matches!(happenings.recv().await, Some(Happening::Opened(LINE))));
        outgoing.hand_over(frame(b"off", Rank::Stop));
        assert!(is_written(&happenings.recv().await.unwrap()));
    };
    let ended = timeout(LONG, async {
        tokio::select! {
            () = run(LINE, open, incoming, told) => panic!("it ended"),
            () = script => {}
        }
    });
    ended.await.unwrap();
    assert_eq!(fars.len(), 2);
}

/// COM-08: a hang-up or an error of the port ends the link.
#[tokio::test(start_paused = true)]
async fn a_hang_up_ends_it() {
    let bench = Bench::new(64, 4, &[], None).await;
    let Bench { far, pump, .. } = bench;
    drop(far);
    let ended = timeout(LONG, pump).await.unwrap().unwrap();
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test(start_paused = true)]
async fn it_ends_well_once_nobody_hands_out_frames() {
    let Bench { frames, pump, far, .. } = Bench::new(64, 4, &[], None).await;
    drop(frames);
    timeout(LONG, pump).await.unwrap().unwrap().unwrap();
    drop(far);
}

#[tokio::test(start_paused = true)]
async fn it_ends_well_once_nobody_listens() {
    let mut bench = Bench::new(64, 4, &[], None).await;
    bench.happenings.close();
    bench.far.write_all(b"anybody?").await.unwrap();
    bench.ended().await.unwrap();
}
