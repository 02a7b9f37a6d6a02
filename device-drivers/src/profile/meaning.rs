//! What an answer means, whichever way it came.

use alloc::{string::ToString, vec::Vec};

use safety::{Output, Setting, Temperature};

use crate::exchange::Sense;

use super::{
    Expect, Means, ReadAs, Reader, Says, Told,
    status::ERROR_QUEUED,
    tongue::{Role, Word},
    value::{Reading, Round},
};

impl<M: Told> Reader<M> {
    /// What a question reads. `None` if the answer cannot be.
    pub(crate) fn meaning(
        &self,
        word: Word,
        reading: Option<Reading<'_>>,
        wanted: Option<&Setting<M>>,
        senses: &mut Vec<Sense<M>>,
    ) -> Option<()> {
        match word.role {
            Role::Introduce => {
                let asked = self.profile.introduction.get(word.place)?;
                senses.push(Sense::Plated(self.is_as_plated(&asked.expect, reading?)?));
            }
            Role::Poll => self.polled(word.place, reading, wanted, senses)?,
            Role::Init => senses.push(Sense::Plated(true)),
            Role::Chunk => {
                // The answer of a run comes at its end: it emitted since it was asked to.
                senses.push(Sense::Enabled(true));
                senses.push(Sense::Output(M::charged(&self.levels, word.amounts.level.into())));
            }
            Role::Tell if self.profile.is_held_by_echo() => {
                senses.push(Sense::Held(word.place, true));
            }
            Role::Tell | Role::Off | Role::Enable | Role::Fire => {}
        }
        Some(())
    }

    fn polled(
        &self,
        place: usize,
        reading: Option<Reading<'_>>,
        wanted: Option<&Setting<M>>,
        senses: &mut Vec<Sense<M>>,
    ) -> Option<()> {
        let poll = self.profile.polls.get(place)?;
        let number = || reading.and_then(|reading| reading.number());
        let faults = self.faults_of(place);
        match &poll.means {
            Means::Output(scale) => {
                let amount = scale.count(number()?, Round::Up)?;
                senses.push(Sense::Output(M::charged(&self.levels, amount)));
            }
            Means::Level(read) => {
                let wanted = wanted.and_then(|wanted| M::amounts(&self.levels, wanted));
                let count = read.scale.count(number()?, Round::Near)?;
                if let Some(wanted) = wanted {
                    senses.push(Sense::Held(self.part_of(place), read.holds(count, wanted.level)));
                }
            }
            Means::Frequency(read) => {
                let wanted = wanted.and_then(|wanted| M::amounts(&self.levels, wanted));
                let count = read.scale.count(number()?, Round::Near)?;
                if let Some(wanted) = wanted {
                    let held = read.holds(count, wanted.frequency);
                    senses.push(Sense::Held(self.part_of(place), held));
                }
            }
            Means::Status(status) => {
                let word = u32::try_from(reading?.whole()?).ok()?;
                status.read(word, faults, senses);
            }
            Means::Temperature(scale) => {
                let read = i32::try_from(scale.count(number()?, Round::Near)?).ok()?;
                senses.push(Sense::Temperature(Some(Temperature::from_centicelsius(read))));
            }
            Means::Errors(none) => {
                let queued = reading?.whole()? != *none;
                senses.push(Sense::Faults(faults, if queued { ERROR_QUEUED } else { 0 }));
            }
            Means::Idle => {
                senses.push(Sense::Enabled(false));
                senses.push(Sense::Output(M::Output::from_count(0)));
            }
            Means::Nothing => {}
        }
        Some(())
    }

    fn is_as_plated(&self, expect: &Expect, reading: Reading<'_>) -> Option<bool> {
        let said = match reading {
            Reading::Text(text) => text.to_string(),
            Reading::Number(_) => {
                reading.whole().map(|count| count.to_string()).unwrap_or_default()
            }
        };
        Some(match expect {
            Expect::Text(text) => said == *text,
            Expect::Begins(text) => said.starts_with(text.as_str()),
            Expect::Number(count) => reading.whole() == Some(*count),
            Expect::Serial => said == self.serial,
            Expect::Firmware => self.firmware.contains(&said),
            Expect::Variant => match &self.variant()?.says {
                Says::Begins(text) => said.starts_with(text.as_str()),
                Says::Between(first, last) => {
                    reading.whole().is_some_and(|count| (*first..=*last).contains(&count))
                }
            },
            Expect::Limit(scale) => {
                let most = scale.count(reading.number()?, Round::Near)?;
                most == i64::from(M::most(&self.levels))
            }
        })
    }
}

impl ReadAs {
    fn holds(&self, count: i64, told: u32) -> bool {
        count.abs_diff(told.into()) <= self.tolerance.into()
    }
}
