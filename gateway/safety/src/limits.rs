//! What bounds a prescription: the clinic's library, the unit's capability, and what is left.
//!
//! Every number says where it comes from. A number that is not there is `None`, and `None` refuses
//! (DOS-03): nothing in this package has a default. How a value is judged is not known here.

use crate::{
    check::Checkable,
    decision::{Direction, Limit, SourceId, Tier},
    modality::Modality,
    quantity::{
        Area, Energy, Exposure, Fluence, Flux, Frequency, Irradiance, Multiple, OpticalDensity,
        Permille, Power, PowerRate, Slew,
    },
    site::{FieldGroup, Group},
    time::Nanos,
};

/// Everything that bounds a prescription for one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits<M: Checkable> {
    /// The clinic's limits library.
    pub library: M::Library,
    /// What the unit can do, and what its profile says of it.
    pub unit: M::Unit,
    /// How long emission may go on after it was decided against: lease, poll and confirmation.
    pub tail: Nanos,
}

impl<M: Checkable> Limits<M> {
    /// Whether the limits contradict each other or the ceilings (CFG-02, CFG-05).
    ///
    /// # Errors
    /// The first [`Contradiction`], so that the configuration can point at its line.
    pub fn validate(&self) -> Result<(), Contradiction> {
        M::validate(&self.library, &self.unit)
    }
}

/// One value of the clinic's limits library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bound<T> {
    /// The value.
    pub value: T,
    /// The line that says so.
    pub source: SourceId,
}

/// A limit of two tiers: beyond the soft one with a reason, beyond the hard one never (DOS-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range<T> {
    /// What a person may override.
    pub soft: Option<Bound<T>>,
    /// What nobody may override.
    pub hard: Option<Bound<T>>,
}

impl<T> Range<T> {
    /// Nothing is known, so everything is refused.
    pub const UNKNOWN: Self = Self { soft: None, hard: None };
}

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// What a unit can do: from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span<T> {
    /// The least.
    pub least: T,
    /// The most.
    pub most: T,
}

/// What was spent already, from which follows what is left. The ledger is its only source (DOS-10).
///
/// Charged dose counts, and that of neighbouring sites with it. Where a field reaches several sites,
/// "the site" is the one of them at which most was spent. `None` is unknown, and refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Remaining<M: Modality> {
    /// Spent at this site in this visit.
    pub site: Option<M::Dose>,
    /// Spent by the patient in this visit, at all sites.
    pub visit: Option<M::Dose>,
    /// Spent by the patient in the last 24 hours, at all sites.
    pub day: Option<M::Dose>,
    /// Sessions at this site in the last 24 hours, this one not counted.
    pub site_sessions: Option<u32>,
    /// The end of the last session at this site.
    pub site_last: Option<Since>,
    /// Sessions in the last seven days, this one not counted.
    pub week_sessions: Option<u32>,
    /// Sessions in the course, this one not counted.
    pub course_sessions: Option<u32>,
    /// The last dry needling at this site.
    pub needling: Option<Since>,
    /// The last thermal trip at this site, whatever the modality.
    pub trip: Option<Since>,
}

/// How long ago something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Since {
    /// It never did.
    Never,
    /// So long ago.
    Ago(Nanos),
}

/// Two limits that cannot both hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Contradiction {
    /// The limit.
    pub limit: Limit,
    /// Where in the limits it stands.
    pub place: Place,
    /// Which of its values is at fault.
    pub tier: Tier,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A part of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The laser limits of a group of sites.
    Laser(Group),
    /// The field limits of a group of sites.
    Field(FieldGroup),
    /// The limits that hold at every site.
    Everywhere,
    /// The profile of the unit.
    Unit,
}

/// What is wrong with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// It permits more than the ceiling does (CFG-05).
    BeyondCeiling,
    /// The soft value permits more than the hard one.
    SoftBeyondHard,
    /// The lower bound is above the upper one.
    LowerAboveUpper,
    /// It is zero, which means nothing here.
    Zero,
    /// It stands there twice.
    Twice,
}

/// A value that can stand in a list of limits as a plain count.
pub(crate) trait Raw: Copy {
    /// The count.
    fn raw(self) -> u64;
}

macro_rules! raw {
    ($($name:ident $get:ident;)*) => {
        $(impl Raw for $name {
            fn raw(self) -> u64 {
                u64::from(self.$get())
            }
        })*
    };
}

raw! {
    Area square_millimetres;
    Energy picojoules;
    Exposure femtotesla_seconds;
    Fluence microjoules_per_cm2;
    Flux microteslas;
    Frequency millihertz;
    Irradiance microwatts_per_cm2;
    Multiple thousandths;
    Nanos get;
    OpticalDensity tenths;
    Permille get;
    Power milliwatts;
    PowerRate milliwatts_per_second;
    Slew micros;
}

impl Raw for u32 {
    fn raw(self) -> u64 {
        u64::from(self)
    }
}

impl Raw for Since {
    fn raw(self) -> u64 {
        match self {
            Self::Never => u64::MAX,
            Self::Ago(span) => span.get(),
        }
    }
}

/// One place of a table of limits, as a plain count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The table has no number here, on purpose.
    Blank,
    /// The table must have a number here, and has none.
    Unknown,
    /// A number and its source.
    Known(u64, SourceId),
}

impl Cell {
    fn of<T: Raw>(bound: Option<Bound<T>>) -> Self {
        match bound {
            Some(Bound { value, source }) => Self::Known(value.raw(), source),
            None => Self::Unknown,
        }
    }

    /// What is left of it after `change`.
    pub(crate) fn map(self, change: impl FnOnce(u64) -> u64) -> Self {
        match self {
            Self::Known(count, source) => Self::Known(change(count), source),
            Self::Unknown => Self::Unknown,
            Self::Blank => Self::Blank,
        }
    }

    /// The stricter of both; of two that are equal, this one. What is not known is the strictest.
    fn stricter(self, other: Self, direction: Direction) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Blank, other) => other,
            (Self::Known(..), Self::Blank) => self,
            (Self::Known(own, _), Self::Known(count, _)) => {
                if within(direction, own, count) {
                    self
                } else {
                    other
                }
            }
        }
    }

    /// The number, if there is one.
    pub(crate) const fn count(self) -> Option<u64> {
        match self {
            Self::Known(count, _) => Some(count),
            Self::Unknown | Self::Blank => None,
        }
    }
}

/// One line of a table of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) limit: Limit,
    pub(crate) soft: Cell,
    pub(crate) hard: Cell,
    pub(crate) ceiling: Cell,
}

impl Row {
    /// A line with a soft and a hard value.
    pub(crate) fn of<T: Raw>(limit: Limit, range: Range<T>) -> Self {
        let (soft, hard) = (Cell::of(range.soft), Cell::of(range.hard));
        Self { limit, soft, hard, ceiling: Cell::Blank }
    }

    /// A line with a soft value alone.
    pub(crate) fn soft<T: Raw>(limit: Limit, bound: Option<Bound<T>>) -> Self {
        Self { limit, soft: Cell::of(bound), hard: Cell::Blank, ceiling: Cell::Blank }
    }

    /// A line with a hard value alone.
    pub(crate) fn hard<T: Raw>(limit: Limit, bound: Option<Bound<T>>) -> Self {
        Self { limit, soft: Cell::Blank, hard: Cell::of(bound), ceiling: Cell::Blank }
    }

    /// This line beneath a ceiling.
    pub(crate) fn beneath<T: Raw>(self, ceiling: T) -> Self {
        Self { ceiling: Cell::Known(ceiling.raw(), SourceId::CEILING), ..self }
    }

    /// The line of `limit`. A table without it permits nothing.
    pub(crate) fn find(rows: &[Self], limit: Limit) -> Self {
        let found = rows.iter().find(|row| row.limit == limit).copied();
        let nothing = Cell::Unknown;
        found.unwrap_or(Self { limit, soft: nothing, hard: nothing, ceiling: nothing })
    }

    /// This line with every value changed.
    pub(crate) fn map(self, change: impl Fn(u64) -> u64) -> Self {
        Self {
            limit: self.limit,
            soft: self.soft.map(&change),
            hard: self.hard.map(&change),
            ceiling: self.ceiling.map(&change),
        }
    }

    /// The stricter of this line and `other`, value by value.
    pub(crate) fn stricter(self, other: Self) -> Self {
        let direction = self.limit.direction();
        Self {
            limit: self.limit,
            soft: self.soft.stricter(other.soft, direction),
            hard: self.hard.stricter(other.hard, direction),
            ceiling: self.ceiling.stricter(other.ceiling, direction),
        }
    }

    /// Checks that the soft value lies within the hard one, and both within the ceiling.
    pub(crate) fn validate(&self, place: Place) -> Result<(), Contradiction> {
        let fault = |tier, fault| Contradiction { limit: self.limit, place, tier, fault };
        if self.beyond(self.hard, self.ceiling) {
            return Err(fault(Tier::Library, Fault::BeyondCeiling));
        }
        if self.beyond(self.soft, self.ceiling) {
            return Err(fault(Tier::LibrarySoft, Fault::BeyondCeiling));
        }
        if self.beyond(self.soft, self.hard) {
            return Err(fault(Tier::LibrarySoft, Fault::SoftBeyondHard));
        }
        Ok(())
    }

    fn beyond(&self, inner: Cell, outer: Cell) -> bool {
        match (inner.count(), outer.count()) {
            (Some(inner), Some(outer)) => !within(self.limit.direction(), inner, outer),
            (None, Some(_)) | (_, None) => false,
        }
    }
}

/// Checks that the most that `lower` asks for is not above the least that `upper` permits.
pub(crate) fn ordered(
    rows: &[Row],
    lower: Limit,
    upper: Limit,
    place: Place,
) -> Result<(), Contradiction> {
    let (low, high) = (Row::find(rows, lower), Row::find(rows, upper));
    let most = [(low.soft, Tier::LibrarySoft), (low.hard, Tier::Library)];
    for (cell, tier) in most {
        for other in [high.soft, high.hard] {
            if let (Some(low), Some(high)) = (cell.count(), other.count())
                && high < low
            {
                let fault = Fault::LowerAboveUpper;
                return Err(Contradiction { limit: lower, place, tier, fault });
            }
        }
    }
    Ok(())
}

/// Whether `value` lies on the right side of `bound`.
pub(crate) const fn within(direction: Direction, value: u64, bound: u64) -> bool {
    match direction {
        Direction::Upper => value <= bound,
        Direction::Lower => bound <= value,
        Direction::Member => value == bound,
    }
}
