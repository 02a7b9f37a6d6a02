//! Lets few in at once and nobody stay: whoever reads metrics must not use up the descriptors that a
//! stop needs.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};

/// Connections that may be open. The others wait in the system's queue.
const GUESTS_MAX: usize = 32;
/// How long each may take to ask and to read the answer.
const STAY: Duration = Duration::from_secs(10);

/// A listener with a bound.
pub(super) struct Door {
    listener: TcpListener,
    free: Arc<Semaphore>,
    stay: Duration,
}

/// A connection with an end.
pub(super) struct Guest {
    stream: TcpStream,
    until: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Door {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, free: Arc::new(Semaphore::new(GUESTS_MAX)), stay: STAY }
    }
}

impl Listener for Door {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        // Nobody closes the semaphore.
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Guest { stream, until: Box::pin(sleep(self.stay)), _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Guest {
    fn stays(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.until.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stays(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stays(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, time};

    use super::*;

    #[tokio::test]
    async fn few_are_let_in_at_once_and_nobody_stays() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut door = Door { stay: Duration::from_millis(200), ..Door::new(listener) };
        let mut clients = Vec::new();
        let mut guests = Vec::new();
        for _ in 0..GUESTS_MAX {
            clients.push(TcpStream::connect(address).await.unwrap());
            guests.push(Listener::accept(&mut door).await.0);
        }
        clients.push(TcpStream::connect(address).await.unwrap());
        let one_more = time::timeout(Duration::from_millis(50), Listener::accept(&mut door)).await;
        assert!(one_more.is_err());
        let mut silent = guests.pop().unwrap();
        let read = time::timeout(STAY, silent.read_u8()).await.unwrap();
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(silent);
        Listener::accept(&mut door).await;
    }
}
