//! What a unit takes of a line that others share, and what it has to expect of them.

use safety::Nanos;

/// What one unit takes of its line, at its longest: the bytes of its own words, with the answers as
/// late as they may be and the rest behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The rest between two frames.
    pub gap: Nanos,
    /// Its longest word.
    pub word: Nanos,
    /// The longest of the words that stop it.
    pub stop: Nanos,
    /// How many words it takes to make it ready: who it is, what it is to hold, and each question that
    /// is asked again and again, once.
    pub words: u64,
    /// All of them, one after the other.
    pub round: Nanos,
    /// The questions that are asked again and again, if it thought for no time: what no unit can
    /// undercut.
    pub bytes: Nanos,
}

/// What the others on a line may take between two turns of one unit. Nothing on a line of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// The longest word of any of them: it may have just begun.
    pub word: Nanos,
    /// One word that stops, of each: they may all be stopped at once.
    pub stops: Nanos,
    /// One turn of each.
    pub turns: Nanos,
}

impl Company {
    /// The company that these are.
    pub fn of(others: impl Iterator<Item = Share>) -> Self {
        others.fold(Self::default(), |all, other| Self {
            word: all.word.max(other.word),
            stops: all.stops.plus(other.stop),
            turns: all.turns.plus(other.word),
        })
    }
}

impl Share {
    /// From one question for a fact to the next for the same, if every answer of every unit on the
    /// line comes as late as it may, and the unit is made ready meanwhile.
    pub fn pace(&self, company: &Company) -> Nanos {
        self.round.plus(company.turns.times(self.words))
    }
}
