//! Who gets in, and how much one connection may have under way.
//!
//! A connection may have more streams open than it may have calls under way, and a call beyond that
//! is refused at once instead of waiting. So the difference is always free for a stop, and no caller
//! keeps a stop of the same connection waiting (API-03, SEC-06). A stop needs no place.
//!
//! Nor do those who only hold connections keep a stop out: one that says nothing is closed soon, and
//! when all places are taken the newcomer gets the place of one that has nothing under way.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, stream, task::AtomicWaker};
use safety::{Instant, Nanos};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tonic::{Request, metadata::MetadataMap, transport::server::Connected};

use super::denial::Denial;
use crate::{clock, inbox::Inbox};

/// Streams that one connection may have open, stops among them.
pub(crate) const STREAMS_MAX: u32 = 256;
/// Calls other than stops that one connection may have under way.
const CALLS_MAX: usize = 128;
/// Connections that may be open.
const CONNECTIONS_MAX: usize = 512;
/// How long a connection may take to say that it speaks HTTP/2. From then on keepalive watches it.
const GREETING_WITHIN: Duration = Duration::from_secs(2);
/// Bytes with which every client of HTTP/2 begins: its preface.
const GREETING_BYTES: usize = 24;
/// After the system refused a connection, for example because files ran out, it is asked again.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// One connection: its socket, and how long it may still be silent.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    inbox: Inbox,
    places: Places,
    /// Until it has greeted: how many bytes of that are missing, and until when they are waited for.
    greeting: Option<(usize, Pin<Box<Sleep>>)>,
}

/// The places of one connection, as its calls see them.
#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<Connection>);

/// What the door knows of a connection.
#[derive(Debug)]
struct Connection {
    /// Who is at the other end.
    station: SocketAddr,
    calls: Arc<Semaphore>,
    /// Shared with every call that is under way, stops among them.
    work: Arc<()>,
    greeted: AtomicBool,
    closing: AtomicBool,
    reader: AtomicWaker,
}

/// Who is inside, in the order in which they came.
#[derive(Default)]
struct Door(Vec<Weak<Connection>>);

/// One call under way: its place, and until when its caller waits.
#[derive(Debug)]
pub(crate) struct Caller {
    _place: Option<OwnedSemaphorePermit>,
    _work: Option<Arc<()>>,
    deadline: Option<Instant>,
    station: Option<SocketAddr>,
}

/// Connections as they come. One too many is closed.
pub(crate) fn incoming(
    listener: TcpListener,
    inbox: Inbox,
) -> impl Stream<Item = io::Result<Line>> {
    let door = Door::default();
    stream::unfold((listener, door, inbox), |(listener, mut door, inbox)| async move {
        loop {
            let Ok((stream, station)) = listener.accept().await else {
                // Perhaps there is no descriptor left: one that does nothing gives its own.
                door.close_one();
                sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let Some(connection) = door.admit(station) else { continue };
            // A delay of small frames would be the delay of a stop.
            let _as_good_as_it_gets = stream.set_nodelay(true);
            let greeting = Some((GREETING_BYTES, Box::pin(sleep(GREETING_WITHIN))));
            let line = Line { stream, inbox: inbox.clone(), places: Places(connection), greeting };
            return Some((Ok(line), (listener, door, inbox)));
        }
    })
}

impl Door {
    /// A place for a newcomer. None if everybody inside is at work.
    fn admit(&mut self, station: SocketAddr) -> Option<Arc<Connection>> {
        self.0.retain(|inside| 0 < inside.strong_count());
        if CONNECTIONS_MAX <= self.0.len() && !self.close_one() {
            return None;
        }
        let newcomer = Arc::new(Connection::new(station));
        self.0.push(Arc::downgrade(&newcomer));
        Some(newcomer)
    }

    /// Closes the oldest connection that has nothing under way; one that never greeted goes first,
    /// so that a flood of silent ones puts out itself and not those who use theirs now and then.
    fn close_one(&mut self) -> bool {
        let oldest = |door: &Self, greeted: bool| {
            door.0.iter().position(|inside| {
                inside
                    .upgrade()
                    .is_some_and(|inside| inside.is_idle() && inside.greeted() == greeted)
            })
        };
        let Some(place) = oldest(self, false).or_else(|| oldest(self, true)) else { return false };
        if let Some(oldest) = self.0.remove(place).upgrade() {
            oldest.close();
        }
        true
    }
}

impl Connection {
    fn new(station: SocketAddr) -> Self {
        Self {
            station,
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            work: Arc::new(()),
            greeted: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        }
    }

    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.work) == 1
    }

    fn greeted(&self) -> bool {
        self.greeted.load(Ordering::Acquire)
    }

    fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.reader.wake();
    }

    /// Whether it may go on; if not now but later, whoever asks is woken then.
    fn goes_on(&self, context: &Context<'_>) -> io::Result<()> {
        self.reader.register(context.waker());
        match self.closing.load(Ordering::Acquire) {
            true => Err(io::ErrorKind::ConnectionAborted.into()),
            false => Ok(()),
        }
    }
}

impl Caller {
    /// Takes a place for a call.
    ///
    /// # Errors
    /// If the connection has too many under way.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, Denial> {
        let deadline = deadline(request.metadata(), clock::now());
        let Some(places) = request.extensions().get::<Places>() else {
            return Ok(Self { _place: None, _work: None, deadline, station: None });
        };
        let work = Arc::clone(&places.0.work);
        let place = Arc::clone(&places.0.calls).try_acquire_owned().map_err(|_full| {
            Denial::crowded("This connection has too many calls under way.")
                .with("callsMax", CALLS_MAX)
        })?;
        let station = Some(places.0.station);
        Ok(Self { _place: Some(place), _work: Some(work), deadline, station })
    }

    /// Whoever asks for a stop: without a place and without a deadline, but its connection is at work.
    pub(crate) fn of_stop<T>(request: &Request<T>) -> Self {
        let places = request.extensions().get::<Places>();
        let work = places.map(|places| Arc::clone(&places.0.work));
        let station = places.map(|places| places.0.station);
        Self { _place: None, _work: work, deadline: None, station }
    }

    /// Where it calls from, as a record names it.
    pub(crate) fn station(&self) -> Option<String> {
        self.station.map(|station| station.to_string())
    }

    /// Whether the caller still waits: what comes too late is not sent.
    ///
    /// # Errors
    /// If its deadline has passed.
    pub(crate) fn waits(&self) -> Result<(), Denial> {
        match self.deadline {
            Some(deadline) if deadline <= clock::now() => Err(Denial::late()),
            Some(_) | None => Ok(()),
        }
    }
}

/// Until when a caller waits, by its `grpc-timeout`. One that cannot be read is none: tonic refuses
/// it.
fn deadline(metadata: &MetadataMap, now: Instant) -> Option<Instant> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u64 = digits.parse().ok()?;
    let nanos: u64 = match unit {
        "H" => 3_600_000_000_000,
        "M" => 60_000_000_000,
        "S" => 1_000_000_000,
        "m" => 1_000_000,
        "u" => 1_000,
        "n" => 1,
        _ => return None,
    };
    Some(now.after(Nanos::new(nanos).times(count)))
}

impl Connected for Line {
    type ConnectInfo = Places;

    fn connect_info(&self) -> Places {
        self.places.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.places.0.goes_on(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let count = buffer.filled().len().saturating_sub(before);
        if 0 < count {
            self.inbox.rouse(clock::now());
        }
        if self.is_silent_too_long(count, context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl Line {
    /// Counts the bytes of the greeting, and says whether they have been waited for too long.
    fn is_silent_too_long(&mut self, count: usize, context: &mut Context<'_>) -> bool {
        let Some((missing, until)) = &mut self.greeting else { return false };
        *missing = missing.saturating_sub(count);
        if *missing == 0 {
            self.greeting = None;
            self.places.0.greeted.store(true, Ordering::Release);
            return false;
        }
        until.as_mut().poll(context).is_ready()
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.places.0.goes_on(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.places.0.goes_on(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ANYBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

    /// API-03: whoever has a call under way keeps its place; the others make room, those who never
    /// said anything first, the oldest first.
    #[test]
    fn a_newcomer_gets_the_place_of_one_that_has_nothing_under_way() {
        let mut door = Door::default();
        let mut inside: Vec<_> =
            (0..CONNECTIONS_MAX).map(|_| door.admit(ANYBODY).unwrap()).collect();
        inside.iter().for_each(|one| one.greeted.store(true, Ordering::Release));
        inside[7].greeted.store(false, Ordering::Release);
        let _work = [0, 1].map(|place| Arc::clone(&inside[place].work));
        for closed in [7, 2, 3, 4] {
            let newcomer = door.admit(ANYBODY).unwrap();
            newcomer.greeted.store(true, Ordering::Release);
            inside.push(newcomer);
            let closing = |place: usize| inside[place].closing.load(Ordering::Acquire);
            assert!(closing(closed), "{closed}");
        }
        let closing = |one: &&Arc<Connection>| one.closing.load(Ordering::Acquire);
        assert_eq!(inside.iter().filter(closing).count(), 4);
    }

    #[test]
    fn nobody_is_let_in_while_everybody_is_at_work() {
        let mut door = Door::default();
        let mut inside: Vec<_> =
            (0..CONNECTIONS_MAX).map(|_| door.admit(ANYBODY).unwrap()).collect();
        let work: Vec<_> = inside.iter().map(|one| Arc::clone(&one.work)).collect();
        assert!(door.admit(ANYBODY).is_none());
        inside.pop();
        assert!(door.admit(ANYBODY).is_some(), "one has left");
        drop(work);
    }

    #[test]
    fn a_deadline_is_read_in_every_unit() {
        let now = Instant::from_boot(7);
        let cases = [
            ("1H", Some(3_600_000_000_007)),
            ("2M", Some(120_000_000_007)),
            ("3S", Some(3_000_000_007)),
            ("4m", Some(4_000_007)),
            ("5u", Some(5_007)),
            ("0n", Some(7)),
            ("", None),
            ("m", None),
            ("5x", None),
            ("-5m", None),
        ];
        for (text, expected) in cases {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", text.parse().unwrap());
            let read = deadline(&metadata, now).map(Instant::since_boot);
            assert_eq!(read, expected, "{text:?}");
        }
        assert_eq!(deadline(&MetadataMap::new(), now), None);
    }

    /// A caller whose deadline has passed is refused before anybody is asked.
    #[test]
    fn a_caller_that_no_longer_waits_is_refused() {
        let mut request = Request::new(());
        assert!(Caller::of(&request).unwrap().waits().is_ok());
        request.metadata_mut().insert("grpc-timeout", "0n".parse().unwrap());
        let denial = Caller::of(&request).unwrap().waits().unwrap_err();
        assert_eq!(denial.reason(), proto::v1::RefusalReason::Deadline);
    }
}
