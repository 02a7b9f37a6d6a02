//! What is known of a unit, put together from its answers.

use alloc::vec::Vec;

use safety::{Contacts, Emission, Fact, Instant, Modality, Output, Temperature};

use super::{Brings, Contact, Manner, Sense};

/// Something that was said, and when it was asked for.
type Said<T> = Option<(Instant, T)>;

/// What is known of a unit. A fact that several answers make up is as old as the oldest of them.
#[derive(Clone, Debug)]
pub(super) struct Known<M: Modality> {
    brings: Brings,
    off_below: M::Output,
    pub(super) on: Said<bool>,
    pub(super) output: Said<M::Output>,
    counter: Said<<M::Output as Output>::Integral>,
    parts: Vec<Said<bool>>,
    contacts: Vec<Said<bool>>,
    faults: Vec<Said<u32>>,
    /// The contacts that were open and the faults that were there since they were last reported: what
    /// a unit says once is reported once at the least.
    passing: Passing,
    temperature: Said<Option<Temperature>>,
    pub(super) ready: Said<bool>,
    pub(super) running: Said<bool>,
    /// How new the facts were that were last reported, so that each is reported once.
    told: Told,
}

#[derive(Clone, Copy, Debug, Default)]
struct Passing {
    /// A bit for each contact, in the order in which the unit brings them.
    open: u32,
    faults: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    emission: Option<Instant>,
    /// Of the emission: whether it was enabled, and when its output was asked for.
    enabled: Option<bool>,
    output: Option<Instant>,
    contacts: Option<Instant>,
    faults: Option<Instant>,
    temperature: Option<Instant>,
    setting: Option<Instant>,
}

/// How a setting stands that was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// All parts are as told.
    All,
    /// A part is not.
    Differs,
}

impl<M: Modality> Known<M> {
    pub(super) fn new(manner: &Manner<M>) -> Self {
        let brings = manner.brings;
        Self {
            brings,
            off_below: manner.off_below,
            on: None,
            output: None,
            counter: None,
            parts: alloc::vec![None; brings.parts],
            contacts: alloc::vec![None; brings.contacts.len()],
            faults: alloc::vec![None; brings.faults],
            passing: Passing::default(),
            temperature: None,
            ready: None,
            running: None,
            told: Told::default(),
        }
    }

    pub(super) fn forget(&mut self) {
        let Self { brings, off_below, .. } = *self;
        *self = Self {
            brings,
            off_below,
            on: None,
            output: None,
            counter: None,
            parts: alloc::vec![None; brings.parts],
            contacts: alloc::vec![None; brings.contacts.len()],
            faults: alloc::vec![None; brings.faults],
            passing: Passing::default(),
            temperature: None,
            ready: None,
            running: None,
            told: Told::default(),
        };
    }

    /// The unit is being turned on. An emission is put together from answers of after that, or it
    /// would be on at the instant of a question of before.
    pub(super) fn forget_emission(&mut self) {
        (self.on, self.output, self.counter) = (None, None, None);
    }

    /// Takes what an answer says to a question of `asked`.
    pub(super) fn take(&mut self, asked: Instant, sense: Sense<M>) {
        match sense {
            Sense::Enabled(on) => self.on = Some((asked, on)),
            Sense::Output(output) => self.output = Some((asked, output)),
            Sense::Counter(count) => self.counter = Some((asked, count)),
            Sense::Held(part, held) => put(&mut self.parts, part, asked, held),
            Sense::Contact(contact, permits) => {
                let place = self.brings.contacts.iter().position(|own| *own == contact);
                if let Some(place) = place {
                    put(&mut self.contacts, place, asked, permits);
                    self.passing.open |= if permits { 0 } else { mark(place) };
                }
            }
            Sense::Faults(answer, bits) => {
                put(&mut self.faults, answer, asked, bits);
                self.passing.faults |= bits;
            }
            Sense::Temperature(read) => self.temperature = Some((asked, read)),
            Sense::Ready(ready) => self.ready = Some((asked, ready)),
            Sense::Running(running) => self.running = Some((asked, running)),
            Sense::Plated(_) | Sense::Refused | Sense::Restarted => {}
        }
    }

    /// The facts that are newer than when they were last asked for here.
    pub(super) fn news(&mut self, mut tell: impl FnMut(Instant, Fact<M>)) {
        if let Some((asked, emission)) = self.emission()
            && self.told.emission < Some(asked)
            && self.is_news(emission)
        {
            self.told.emission = Some(asked);
            self.told.enabled = Some(emission.enabled);
            self.told.output = self.output.map(|(asked, _)| asked);
            tell(asked, Fact::Emission(emission));
        }
        let heard = self.emission_since();
        if let Some(asked) = oldest_or(&self.contacts, heard)
            && self.told.contacts < Some(asked)
        {
            self.told.contacts = Some(asked);
            tell(asked, Fact::Contacts(self.contacts()));
            self.passing.open = 0;
        }
        if let Some(asked) = oldest_or(&self.faults, heard)
            && self.told.faults < Some(asked)
        {
            self.told.faults = Some(asked);
            let passing = core::mem::take(&mut self.passing.faults);
            let bits = self.faults.iter().flatten().fold(passing, |all, (_, bits)| all | bits);
            tell(asked, Fact::Faults(bits));
        }
        if let Some((asked, read)) = self.temperature
            && self.told.temperature < Some(asked)
        {
            self.told.temperature = Some(asked);
            tell(asked, Fact::Temperature(read));
        }
    }

    /// How the setting stands that was told at `since`, if it was read back newer than when this was
    /// last asked, and how old that is.
    pub(super) fn news_of_setting(&mut self, since: Instant) -> Option<(Instant, Held)> {
        let asked = oldest(&self.parts)?;
        if asked < since || Some(asked) <= self.told.setting {
            return None;
        }
        self.told.setting = Some(asked);
        let all = self.parts.iter().flatten().all(|(_, held)| *held);
        Some((asked, if all { Held::All } else { Held::Differs }))
    }

    /// Whether all parts were read back since `since`, as told.
    pub(super) fn holds(&self, since: Instant) -> bool {
        let held = |part: &Said<bool>| part.is_some_and(|(asked, held)| since <= asked && held);
        !self.parts.is_empty() && self.parts.iter().all(held)
    }

    /// Whether a reading is more than an output that was told before: one reading is not to pass for
    /// two in a row.
    fn is_news(&self, emission: Emission<M::Output>) -> bool {
        let read = self.output.map(|(asked, _)| asked);
        self.is_off(emission)
            || self.told.output < read
            || self.told.enabled != Some(emission.enabled)
    }

    fn is_off(&self, emission: Emission<M::Output>) -> bool {
        !emission.enabled && emission.output.count() < self.off_below.count()
    }

    /// When the newest question was asked whose answer was off.
    pub(super) fn off_since(&self) -> Option<Instant> {
        let (asked, emission) = self.emission()?;
        self.is_off(emission).then_some(asked)
    }

    /// When the newest question was asked whose answer was not off.
    pub(super) fn on_since(&self) -> Option<Instant> {
        let on = self.on.filter(|(_, on)| *on).map(|(asked, _)| asked);
        let emits = |output: M::Output| self.off_below.count() <= output.count();
        let output = self.output.filter(|(_, output)| emits(*output)).map(|(asked, _)| asked);
        on.max(output)
    }

    /// When the emission was last asked for.
    pub(super) fn emission_since(&self) -> Option<Instant> {
        let ((on_asked, _), (output_asked, _)) = (self.on?, self.output?);
        Some(on_asked.min(output_asked))
    }

    /// What is known of the emission, and of when. Off is as old as the older of its two answers, on
    /// as new as the newest that showed it: an answer of before a start does not make what was seen
    /// after it older than the start.
    fn emission(&self) -> Option<(Instant, Emission<M::Output>)> {
        let ((on_asked, enabled), (output_asked, output)) = (self.on?, self.output?);
        let counter = self.counter.map(|(_, count)| count);
        let asked = self.on_since().unwrap_or(on_asked.min(output_asked));
        Some((asked, Emission { enabled, output, counter }))
    }

    /// The contacts as the unit says, and the others as they permit.
    fn contacts(&self) -> Contacts {
        let permits = |contact: Contact| {
            let place = self.brings.contacts.iter().position(|own| *own == contact);
            let said = place.and_then(|place| self.contacts.get(place).copied().flatten());
            let passed = place.is_some_and(|place| self.passing.open & mark(place) != 0);
            place.is_none() || (!passed && said.is_some_and(|(_, permits)| permits))
        };
        Contacts {
            key: permits(Contact::Key),
            footswitch: permits(Contact::Footswitch),
            interlock: permits(Contact::Interlock),
            emergency_stop_released: permits(Contact::EmergencyStop),
            applicator: permits(Contact::Applicator),
        }
    }
}

/// The bit of a contact. There are fewer contacts than bits.
fn mark(place: usize) -> u32 {
    u32::try_from(place).ok().and_then(|place| 1_u32.checked_shl(place)).unwrap_or(u32::MAX)
}

fn put<T>(places: &mut [Said<T>], place: usize, asked: Instant, value: T) {
    if let Some(place) = places.get_mut(place) {
        *place = Some((asked, value));
    }
}

/// How old the oldest part is, once every part is known.
fn oldest<T: Copy>(parts: &[Said<T>]) -> Option<Instant> {
    parts.iter().map(|part| part.map(|(asked, _)| asked)).min().flatten()
}

/// The same. What has no part is as old as what the unit says anyway.
fn oldest_or<T: Copy>(parts: &[Said<T>], heard: Option<Instant>) -> Option<Instant> {
    if parts.is_empty() { heard } else { oldest(parts) }
}
