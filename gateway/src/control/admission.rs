//! Who gets in, and how much one connection may have under way.
//!
//! A connection may have more streams open than it may have calls under way, and a call beyond that
//! is refused at once instead of waiting. So the difference is always free for a stop, and no caller
//! keeps a stop of the same connection waiting (API-03, SEC-06). A stop needs no place.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, stream};
use safety::{Instant, Nanos};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
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
/// After the system refused a connection, for example because files ran out, it is asked again.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// One connection and its places.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    inbox: Inbox,
    places: Places,
}

/// The places of one connection, as its calls see them.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    calls: Arc<Semaphore>,
    _connection: Arc<OwnedSemaphorePermit>,
}

/// One call under way: its place, and until when its caller waits.
#[derive(Debug)]
pub(crate) struct Caller {
    _place: Option<OwnedSemaphorePermit>,
    deadline: Option<Instant>,
}

/// Connections as they come. One too many is closed.
pub(crate) fn incoming(
    listener: TcpListener,
    inbox: Inbox,
) -> impl Stream<Item = io::Result<Line>> {
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    stream::unfold((listener, free, inbox), |(listener, free, inbox)| async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let Ok(connection) = Arc::clone(&free).try_acquire_owned() else { continue };
            // A delay of small frames would be the delay of a stop.
            let _as_good_as_it_gets = stream.set_nodelay(true);
            let calls = Arc::new(Semaphore::new(CALLS_MAX));
            let places = Places { calls, _connection: Arc::new(connection) };
            let line = Line { stream, inbox: inbox.clone(), places };
            return Some((Ok(line), (listener, free, inbox)));
        }
    })
}

impl Caller {
    /// Takes a place for a call.
    ///
    /// # Errors
    /// If the connection has too many under way.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, Denial> {
        let deadline = deadline(request.metadata(), clock::now());
        let Some(places) = request.extensions().get::<Places>() else {
            return Ok(Self { _place: None, deadline });
        };
        let place = Arc::clone(&places.calls).try_acquire_owned().map_err(|_full| {
            Denial::crowded("This connection has too many calls under way.")
                .with("callsMax", CALLS_MAX)
        })?;
        Ok(Self { _place: Some(place), deadline })
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
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if before < buffer.filled().len() {
            self.inbox.rouse(clock::now());
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
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
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
