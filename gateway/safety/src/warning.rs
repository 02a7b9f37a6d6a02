//! What people are warned of while nothing is stopped for it.

macro_rules! warnings {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Something that people should act on before it becomes a cause.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Warning {
            $($(#[$doc])* $name,)*
        }

        impl Warning {
            /// Every warning there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

warnings! {
    /// The measured output is more than 10 % off what was ordered (LAS-10).
    Deviation,
    /// The coil is at its warning temperature, or warmer (PEM-04).
    CoilWarm,
    /// More than one of the last hundred frames was bad while it emits (COM-06).
    BadFrames,
    /// Move the handpiece: a beam that stands still is worse than one that moves (LAS-17).
    MoveHandpiece,
}

/// Some warnings, each at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Warnings(u8);

impl Warnings {
    /// Whether people are warned of this.
    pub const fn holds(self, warning: Warning) -> bool {
        self.0 & Self::bit(warning) != 0
    }

    /// Those in here, in the order of their kinds.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        Warning::ALL.iter().copied().filter(move |warning| self.holds(*warning))
    }

    const fn bit(warning: Warning) -> u8 {
        match warning {
            Warning::Deviation => 1,
            Warning::CoilWarm => 2,
            Warning::BadFrames => 4,
            Warning::MoveHandpiece => 8,
        }
    }
}

impl FromIterator<Warning> for Warnings {
    fn from_iter<I: IntoIterator<Item = Warning>>(warnings: I) -> Self {
        Self(warnings.into_iter().fold(0, |bits, warning| bits | Self::bit(warning)))
    }
}
