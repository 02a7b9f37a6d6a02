//! Reads who answers for what nobody has seen at the hardware (`[[sign_off]]`), and holds it against
//! what a dialect or a profile builds on.

use std::{ops::Range, sync::Arc};

use device_drivers::Unverified;
use jiff::civil::Date;
use toml::Spanned;

use super::{
    mistake::{Kind, Page},
    suggestion,
    table::Table,
};

/// A fact that could be checked against a document only, and who answers for it at this unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is, and who says so.
    pub unverified: Unverified,
    /// The file in which it is signed: that of the unit, or of the board that its contact is at.
    pub file: Arc<str>,
    /// Who signed, if anybody did.
    pub signature: Option<Signature>,
}

/// A person who looked at the hardware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who.
    pub by: String,
    /// On which day.
    pub on: Date,
    /// What was looked at, and what was seen.
    pub how: String,
}

/// Everything that is signed in one file.
pub(super) struct SignOffs(Vec<SignOff>);

/// One signature, and where its values stand.
struct SignOff {
    at: Range<usize>,
    facts: Vec<Spanned<String>>,
    signature: Signature,
    revision: Option<Spanned<String>>,
}

/// What a file can sign for.
pub(super) struct Signable {
    /// What is unverified here.
    pub(super) facts: Vec<Unverified>,
    /// The revision of the profile that they are of: another one has to be looked at anew.
    pub(super) revision: Option<String>,
}

impl Signable {
    /// Of a dialect, whose facts have no revision.
    pub(super) const fn of(facts: Vec<Unverified>) -> Self {
        Self { facts, revision: None }
    }
}

/// Reads what is signed in a file. `None` if something of it is wrong; what, was noted.
pub(super) fn read(root: &Table<'_>, today: Date) -> Option<SignOffs> {
    let read: Option<Vec<_>> =
        root.maybe_tables("sign_off").into_iter().map(|table| sign_off(table, today)).collect();
    read.map(SignOffs)
}

fn sign_off(table: Table<'_>, today: Date) -> Option<SignOff> {
    let facts = table.texts("facts");
    let (by, on, how) = (table.text("by"), table.day("on"), table.text("how"));
    let revision = table.maybe_text("revision");
    let (at, page) = (table.at(), table.page().clone());
    table.finish();
    let (facts, on) = (facts?, on?);
    if facts.get_ref().is_empty() {
        let what = "`sign_off.facts` names no fact";
        page.wrong(Kind::Range, facts.span(), what, "name each fact that was looked at, by its id");
        return None;
    }
    if today < *on.get_ref() {
        let what = format!("`sign_off.on` is {}, a day that has not come", on.get_ref());
        page.wrong(Kind::Range, on.span(), what, "give the day on which the unit was looked at");
        return None;
    }
    let signature = Signature { by: by?.into_inner(), on: on.into_inner(), how: how?.into_inner() };
    Some(SignOff { at, facts: facts.into_inner(), signature, revision })
}

impl SignOffs {
    /// The facts of a file with their signatures. A signature that is for none of them is noted, as
    /// is one of a revision that is not the profile's.
    pub(super) fn settle(self, page: &Page, signable: Signable) -> Vec<Fact> {
        let Signable { facts, revision } = signable;
        let file = &page.text.name;
        let mut settled: Vec<_> = facts
            .into_iter()
            .map(|unverified| Fact { unverified, file: Arc::clone(file), signature: None })
            .collect();
        for SignOff { at, facts, signature, revision: signed } in self.0 {
            if !is_of(page, at, signed.as_ref(), revision.as_deref()) {
                continue;
            }
            for id in facts {
                let named = settled.iter_mut().find(|fact| fact.unverified.id == *id.get_ref());
                match named {
                    Some(Fact { signature: Some(before), .. }) => {
                        let what = format!("`{}` is signed by {} already", id.get_ref(), before.by);
                        let fix = "leave the signature that holds, delete the other";
                        page.wrong(Kind::Contradiction, id.span(), what, fix);
                    }
                    Some(fact) => fact.signature = Some(signature.clone()),
                    None => unknown(page, &id, &settled),
                }
            }
        }
        settled
    }
}

/// Whether a signature is for the profile as it is. A dialect of ours has no revision: a fact that
/// changes has another id.
fn is_of(
    page: &Page,
    at: Range<usize>,
    signed: Option<&Spanned<String>>,
    revision: Option<&str>,
) -> bool {
    let (span, what, fix) = match (signed, revision) {
        (None, None) => return true,
        (Some(signed), Some(revision)) if signed.get_ref() == revision => return true,
        (Some(signed), Some(revision)) => (
            signed.span(),
            format!("the profile is of revision `{revision}`, and this signature is of another"),
            "look at what has changed in the profile, and sign for this revision".to_owned(),
        ),
        (None, Some(revision)) => (
            at,
            "there is no `sign_off.revision`: what of a profile is signed is one revision of it"
                .to_owned(),
            format!("add `revision = \"{revision}\"` if this is the one that was looked at"),
        ),
        (Some(signed), None) => (
            signed.span(),
            "`sign_off.revision` is of profiles, and this file names none".to_owned(),
            "delete it".to_owned(),
        ),
    };
    page.wrong(Kind::Contradiction, span, what, fix);
    false
}

/// Notes a signature for what is not unverified here.
fn unknown(page: &Page, id: &Spanned<String>, known: &[Fact]) {
    let ids = || known.iter().map(|fact| fact.unverified.id.as_ref());
    let what = format!("`{}` is no fact that is unverified here", id.get_ref());
    let fix = match suggestion::nearest(id.get_ref(), ids()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "delete it: there is none".to_owned(),
        None => format!("there are {}", ids().collect::<Vec<_>>().join(", ")),
    };
    page.wrong(Kind::Contradiction, id.span(), what, fix);
}
