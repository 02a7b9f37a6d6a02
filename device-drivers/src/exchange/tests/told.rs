//! What a dialect was told, kept so that it can be told again in other pieces.

use std::{boxed::Box, vec::Vec};

use safety::{Instant, Modality, Order, Report};

use crate::{Dialect, Event, Frame, Out};

/// An event that can be kept.
#[derive(Clone, Debug)]
pub(crate) enum Told<M: Modality> {
    Opened,
    Closed,
    Order(Order<M>),
    Stop,
    Turn,
    Sent,
    Bytes(Vec<u8>),
    Wake,
}

impl<M: Modality> Told<M> {
    pub(crate) fn of(event: Event<'_, M>) -> Self {
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

    pub(crate) fn event(&self) -> Event<'_, M> {
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
pub(crate) fn replay<M: Modality>(
    mut dialect: Box<dyn Dialect<M> + Send>,
    trace: &[(u64, Told<M>)],
    piece: usize,
) -> (Vec<Frame>, Vec<Report<M>>) {
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
                bytes.chunks(piece.max(1)).for_each(|bytes| tell(Event::Bytes(bytes)));
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
