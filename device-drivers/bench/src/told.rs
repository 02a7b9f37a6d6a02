//! What a dialect was told, kept so that it can be told again in other pieces.

use std::{boxed::Box, vec::Vec};

use safety::{Instant, Modality, Order, Report};

use device_drivers::{Dialect, Event, Frame, Out};

/// An event that can be kept.
#[derive(Clone, Debug)]
pub enum Told<M: Modality> {
    /// See [`Event::Opened`].
    Opened,
    /// See [`Event::Closed`].
    Closed,
    /// See [`Event::Order`].
    Order(Order<M>),
    /// See [`Event::Stop`].
    Stop,
    /// See [`Event::Turn`].
    Turn,
    /// See [`Event::Sent`].
    Sent,
    /// See [`Event::Bytes`].
    Bytes(Vec<u8>),
    /// See [`Event::Wake`].
    Wake,
}

impl<M: Modality> Told<M> {
    /// Keeps an event.
    pub fn of(event: Event<'_, M>) -> Self {
        match event {
            Event::Opened => Self::Opened,
            Event::Closed => Self::Closed,
            Event::Order(order) => Self::Order(order),
            Event::Stop => Self::Stop,
            Event::Turn => Self::Turn,
            Event::Sent => Self::Sent,
            Event::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Event::Wake => Self::Wake,
        }
    }

    /// The event that was kept.
    pub fn event(&self) -> Event<'_, M> {
        match self {
            Self::Opened => Event::Opened,
            Self::Closed => Event::Closed,
            Self::Order(order) => Event::Order(*order),
            Self::Stop => Event::Stop,
            Self::Turn => Event::Turn,
            Self::Sent => Event::Sent,
            Self::Bytes(bytes) => Event::Bytes(bytes),
            Self::Wake => Event::Wake,
        }
    }
}

/// Everything that a dialect hands over and reports when it is told `trace`, bytes in pieces of
/// `piece` at most.
pub fn replay<M: Modality>(
    dialect: Box<dyn Dialect<M> + Send>,
    trace: &[(u64, Told<M>)],
    piece: usize,
) -> (Vec<Frame>, Vec<Report<M>>) {
    replay_in(dialect, trace, &[piece])
}

/// The same, with bytes in pieces of these sizes, over and over.
pub fn replay_in<M: Modality>(
    mut dialect: Box<dyn Dialect<M> + Send>,
    trace: &[(u64, Told<M>)],
    sizes: &[usize],
) -> (Vec<Frame>, Vec<Report<M>>) {
    let mut sizes = sizes.iter().copied().cycle();
    let (mut frames, mut reports) = (Vec::new(), Vec::new());
    for (at, told) in trace {
        let now = Instant::from_boot(*at);
        let mut tell = |event: Event<'_, M>| {
            let mut out = Out::default();
            dialect.step(now, event, &mut out);
            frames.extend(out.frame);
            reports.extend(out.reports);
        };
        match told {
            Told::Bytes(bytes) => {
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
                    let (piece, after) = rest.split_at(size);
                    tell(Event::Bytes(piece));
                    rest = after;
                }
            }
            Told::Opened
            | Told::Closed
            | Told::Order(_)
            | Told::Stop
            | Told::Turn
            | Told::Sent
            | Told::Wake => tell(told.event()),
        }
    }
    (frames, reports)
}
