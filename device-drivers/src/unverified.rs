//! What dialects build on and nobody has seen at the hardware.
//!
//! A document, the source of another program or a guess says it. The list is the one place where
//! this stands: `check`, the API and the document for service engineers are made of it or held
//! against it. Who signs for a fact, and what that permits, is not known here.

use alloc::{borrow::Cow, vec::Vec};

#[cfg(test)]
mod tests;

/// A fact that could be checked against a document only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// What a signature names it by, unique in its dialect. One that was released is never used for
    /// something else.
    pub id: Cow<'static, str>,
    /// What is held to be so, in a sentence.
    pub says: Cow<'static, str>,
    /// Who says so, if anybody does.
    pub source: Cow<'static, str>,
}

/// A fact, and whether it matters to the unit of a plate.
pub(crate) type OfPlate<P> = (Unverified, fn(&P) -> bool);

impl Unverified {
    /// A fact of a dialect.
    pub(crate) const fn new(id: &'static str, says: &'static str, source: &'static str) -> Self {
        Self { id: Cow::Borrowed(id), says: Cow::Borrowed(says), source: Cow::Borrowed(source) }
    }
}

/// Those facts of a dialect that matter to the unit of one plate.
pub(crate) fn of_plate<P>(all: &[OfPlate<P>], plate: &P) -> Vec<Unverified> {
    let mine = all.iter().filter(|(_, matters)| matters(plate));
    mine.map(|(fact, _)| fact.clone()).collect()
}
