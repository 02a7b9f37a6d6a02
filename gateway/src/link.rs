//! Moves the bytes of one line. Holds no rule: what goes out and when is decided elsewhere.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use clinic::{Happening, LineId};
use device_drivers::Frame;
use tokio::{
    io::ReadBuf,
    sync::{Notify, mpsc},
    time::{Sleep, sleep},
};

use crate::port::Port;

/// Between two attempts to open a port that is not there.
const RETRY: Duration = Duration::from_millis(500);
/// A port that takes no byte of a frame for longer is given up.
const WRITE_MAX: Duration = Duration::from_secs(1);
/// What is read from a port at once: some twenty of the longest frames.
const READ_MAX: usize = 4_096;
/// Frames that may wait for a pump: a line is given no other before it said that one was written.
pub const FRAMES_MAX: usize = 1;

/// Hands frames to the pump of a line.
#[derive(Debug)]
pub struct Outgoing {
    frames: mpsc::Sender<Frame>,
    hang_up: Arc<Notify>,
}

/// Where a pump finds its frames.
#[derive(Debug)]
pub struct Incoming {
    frames: mpsc::Receiver<Frame>,
    hang_up: Arc<Notify>,
}

/// The way of frames to the pump of one line.
pub fn way() -> (Outgoing, Incoming) {
    let (sender, receiver) = mpsc::channel(FRAMES_MAX);
    let hang_up = Arc::new(Notify::new());
    (
        Outgoing { frames: sender, hang_up: Arc::clone(&hang_up) },
        Incoming { frames: receiver, hang_up },
    )
}

impl Outgoing {
    /// Hands a frame over. Never waits.
    ///
    /// If there is no room, whoever gave the frame is wrong about the line and would wait for ever
    /// to hear that it was written. So the line begins anew, as after a hang-up.
    pub fn hand_over(&self, frame: Frame) {
        if self.frames.try_send(frame).is_err() {
            self.hang_up.notify_one();
        }
    }
}

/// Keeps a line open: opens its port, pumps, and begins anew when it fails, for ever.
///
/// Hang-up, unplugging and plugging in again are all the same to it (COM-08). `open` is told what
/// the attempt before failed with. It may take as long as it likes: a driver that hangs in it costs
/// this line one thread, and no other attempt is made meanwhile.
pub async fn run<P: Port>(
    line: LineId,
    mut open: impl AsyncFnMut(Option<io::ErrorKind>) -> io::Result<P>,
    mut frames: Incoming,
    happenings: mpsc::Sender<Happening>,
) {
    let mut said = None;
    loop {
        let opened = open(said).await;
        said = opened.as_ref().err().map(io::Error::kind);
        if let Ok(port) = opened {
            // What was meant for the port that is gone is not for this one.
            while frames.frames.try_recv().is_ok() {}
            if happenings.send(Happening::Opened(line)).await.is_err() {
                return;
            }
            let ended = tokio::select! {
                ended = pump(line, port, &mut frames.frames, &happenings) => ended,
                () = frames.hang_up.notified() => Err(io::ErrorKind::ConnectionReset.into()),
            };
            if happenings.send(Happening::Closed(line)).await.is_err() || ended.is_ok() {
                return;
            }
        }
        sleep(RETRY).await;
    }
}

/// Pumps until the port fails. `Ok` if there is nobody left to pump for.
///
/// # Errors
/// What the port failed with.
pub async fn pump(
    line: LineId,
    mut port: impl Port,
    frames: &mut mpsc::Receiver<Frame>,
    happenings: &mpsc::Sender<Happening>,
) -> io::Result<()> {
    let mut sending: Option<Sending> = None;
    let mut buffer = vec![0; READ_MAX];
    loop {
        let moved =
            poll_fn(|context| poll_move(context, &mut port, frames, &mut sending, &mut buffer));
        let happening = match moved.await? {
            Moved::Nobody => return Ok(()),
            Moved::Written => Happening::Written(line),
            Moved::Read(count) => {
                Happening::Bytes(line, buffer.get(..count).unwrap_or_default().to_vec())
            }
        };
        if happenings.send(happening).await.is_err() {
            return Ok(());
        }
    }
}

/// A frame on its way out, how much of it went, and when it must be gone. What comes in meanwhile
/// gives it no more time: a port that takes nothing is dead, however much it says.
struct Sending {
    frame: Frame,
    sent: usize,
    deadline: Pin<Box<Sleep>>,
}

enum Moved {
    /// Whoever hands out frames is gone.
    Nobody,
    /// The port took the last byte of a frame.
    Written,
    /// So many bytes came in.
    Read(usize),
}

/// What goes out goes first: a flood of input must not hold back a stop (COM-10).
fn poll_move(
    context: &mut Context<'_>,
    port: &mut impl Port,
    frames: &mut mpsc::Receiver<Frame>,
    sending: &mut Option<Sending>,
    buffer: &mut [u8],
) -> Poll<io::Result<Moved>> {
    if sending.is_none()
        && let Poll::Ready(next) = frames.poll_recv(context)
    {
        let Some(frame) = next else { return Poll::Ready(Ok(Moved::Nobody)) };
        if frame.purge_first {
            port.purge()?;
        }
        *sending = Some(Sending { frame, sent: 0, deadline: Box::pin(sleep(WRITE_MAX)) });
    }
    while let Some(out) = sending {
        let rest = out.frame.bytes.get(out.sent..).unwrap_or_default();
        match Pin::new(&mut *port).poll_write(context, rest) {
            Poll::Pending => break,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(count)) => out.sent = out.sent.saturating_add(count),
        }
        if out.frame.bytes.len() <= out.sent {
            *sending = None;
            return Poll::Ready(Ok(Moved::Written));
        }
    }
    if let Some(out) = sending
        && out.deadline.as_mut().poll(context).is_ready()
    {
        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
    }
    let mut read = ReadBuf::new(buffer);
    match Pin::new(port).poll_read(context, &mut read) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Ready(Ok(())) if read.filled().is_empty() => {
            Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()))
        }
        Poll::Ready(Ok(())) => Poll::Ready(Ok(Moved::Read(read.filled().len()))),
    }
}
