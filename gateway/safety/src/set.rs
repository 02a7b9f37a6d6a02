//! Small closed lists, and sets of what is in them.

/// Makes an enum, and a set of its members, each at most once.
macro_rules! set {
    (
        $(#[$one_doc:meta])* $one:ident,
        $(#[$many_doc:meta])* $many:ident,
        $($(#[$doc:meta])* $name:ident = $bit:literal,)*
    ) => {
        $(#[$one_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $one {
            $($(#[$doc])* $name,)*
        }

        impl $one {
            /// Every one there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            const fn bit(self) -> u8 {
                match self { $(Self::$name => $bit,)* }
            }
        }

        $(#[$many_doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $many(u8);

        impl $many {
            /// Whether this is one of them.
            pub const fn holds(self, one: $one) -> bool {
                self.0 & one.bit() != 0
            }

            /// Whether there is none.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Those in here, in the order of their kinds.
            pub fn iter(self) -> impl Iterator<Item = $one> {
                $one::ALL.iter().copied().filter(move |one| self.holds(*one))
            }
        }

        impl FromIterator<$one> for $many {
            fn from_iter<I: IntoIterator<Item = $one>>(all: I) -> Self {
                Self(all.into_iter().fold(0, |bits, one| bits | one.bit()))
            }
        }

        /// Those of a list that stand.
        impl FromIterator<($one, bool)> for $many {
            fn from_iter<I: IntoIterator<Item = ($one, bool)>>(all: I) -> Self {
                all.into_iter().filter(|(_, stands)| *stands).map(|(one, _)| one).collect()
            }
        }
    };
}
pub(crate) use set;
