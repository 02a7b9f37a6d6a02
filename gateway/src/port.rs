//! A serial port, with the traps of its libraries handled.
//!
//! Opening, configuring and closing a port can each block for seconds (a modem line, a driver that
//! drains), so they happen on a thread that may be left behind, never on the control thread. Nothing
//! here ever flushes: that is a `tcdrain` on the caller's thread, and it hides a hang-up. Modem
//! lines are not touched: DTR and RTS rise when the kernel opens a port, so no wiring may rely on
//! them, and a pty has none.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use serialport::{ClearBuffer, SerialPort as _, TTYPort};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::oneshot,
};
use tokio_serial::SerialStream;

use crate::{
    config::{Link, Parity},
    place::{Place, Roots},
};

/// Anything that a pump can move bytes through.
pub trait Port: AsyncRead + AsyncWrite + Unpin {
    /// Throws away what came in and was not read.
    ///
    /// # Errors
    /// If the port is gone.
    fn purge(&mut self) -> io::Result<()>;
}

/// An open serial port.
#[derive(Debug)]
pub struct Serial {
    /// Taken when it is closed, on a thread of its own.
    stream: Option<SerialStream>,
}

/// How a port is set: fixed by the profile, never negotiated (COM-12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Where to look. It is no identity.
    pub place: Place,
    /// Where the kernel tells of adapters.
    pub roots: Roots,
    /// Bits per second. Eight data bits, no flow control.
    pub baud: u32,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, one or two.
    pub stop_bits: u8,
}

impl Setting {
    /// As the profile of a unit has its line.
    pub fn new(link: &Link, roots: Roots) -> Self {
        let Link { place, baud, address: _, parity, stop_bits } = link.clone();
        Self { place, roots, baud, parity, stop_bits }
    }
}

impl Serial {
    /// Opens a port exclusively: a second opener is refused. Says in the log why it could not,
    /// unless that is what `said` was: the control thread that asks for this logs nothing itself.
    ///
    /// # Errors
    /// If it is not there, not a port, not permitted, or held by somebody else.
    pub async fn open(setting: &Setting, said: Option<io::ErrorKind>) -> io::Result<Self> {
        let setting = setting.clone();
        let (reply, opened) = oneshot::channel();
        std::thread::Builder::new().name("port".into()).spawn(move || {
            // If nobody waits any more, the port closes again right here.
            let opened = open(&setting);
            if let Err(error) = &opened
                && said != Some(error.kind())
            {
                tracing::warn!(port = %setting.place, %error, "the port cannot be opened; trying on");
            }
            let _given_up = reply.send(opened);
        })?;
        let port = opened.await.map_err(|_panicked| io::Error::other("opening panicked"))??;
        // Registers with the reactor of the calling thread.
        Ok(Self { stream: Some(SerialStream::try_from(port)?) })
    }

    fn stream(&mut self) -> io::Result<&mut SerialStream> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Serial {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        // If no thread can be had, the port closes here: late is better than never.
        let _here = std::thread::Builder::new().name("port".into()).spawn(move || drop(stream));
    }
}

impl Port for Serial {
    fn purge(&mut self) -> io::Result<()> {
        self.stream()?.clear(ClearBuffer::Input).map_err(io::Error::from)
    }
}

impl AsyncRead for Serial {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(self.stream()?).poll_read(context, buffer))?;
        // A port that hung up reads as empty, again and again.
        if buffer.filled().len() == before {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Serial {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.stream()?).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn open(setting: &Setting) -> io::Result<TTYPort> {
    let path = setting.place.find(&setting.roots)?;
    let parity = match setting.parity {
        Parity::None => serialport::Parity::None,
        Parity::Even => serialport::Parity::Even,
        Parity::Odd => serialport::Parity::Odd,
    };
    let stop_bits =
        if setting.stop_bits == 2 { serialport::StopBits::Two } else { serialport::StopBits::One };
    let builder = serialport::new(path.to_string_lossy(), setting.baud)
        .data_bits(serialport::DataBits::Eight)
        .parity(parity)
        .stop_bits(stop_bits)
        .flow_control(serialport::FlowControl::None)
        // The library wants one; reads here never wait.
        .timeout(Duration::ZERO);
    let port = TTYPort::open(&builder)?;
    // What lay in the port before says nothing of now.
    port.clear(ClearBuffer::All)?;
    Ok(port)
}
