//! Where a field lies: the site that it is given at, and the neighbours that it reaches into.

use crate::{
    limits::Row,
    site::{FieldGroup, Site},
};

/// Some sites, each at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sites(u64);

impl Sites {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// Whether `site` is one of them.
    pub fn holds(self, site: Site) -> bool {
        self.0 & bit(site) != 0
    }

    /// These, and `site`.
    #[must_use]
    pub fn with(self, site: Site) -> Self {
        Self(self.0 | bit(site))
    }

    /// Those in here, from head to foot.
    pub fn iter(self) -> impl Iterator<Item = Site> {
        Site::all().filter(move |site| self.holds(*site))
    }

    /// Whether `site` lies beside one of them, and is none of them.
    pub fn border(self, site: Site) -> bool {
        !self.holds(site) && self.iter().any(|own| own.borders(site))
    }

    /// The group whose field limits hold here: the head and the neck, as soon as one of them is
    /// there.
    pub(crate) fn field_group(self) -> FieldGroup {
        let is_head = |site: Site| site.field_group() == FieldGroup::HeadNeck;
        if self.iter().any(is_head) { FieldGroup::HeadNeck } else { FieldGroup::TrunkLimb }
    }

    /// The strictest of the limits at `site` and at each of these (DOS-14): what reaches two sites
    /// has to be right for both.
    pub(crate) fn strictest<const COUNT: usize>(
        self,
        site: Site,
        limits: impl Fn(Site) -> [Row; COUNT],
    ) -> [Row; COUNT] {
        self.iter().fold(limits(site), |mut rows, other| {
            for (row, other) in rows.iter_mut().zip(limits(other)) {
                *row = row.stricter(other);
            }
            rows
        })
    }
}

impl FromIterator<Site> for Sites {
    fn from_iter<I: IntoIterator<Item = Site>>(sites: I) -> Self {
        sites.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The bit of a site: its place among all of them, of which there are fewer than 64.
fn bit(site: Site) -> u64 {
    let mut place = 1_u64;
    for other in Site::all() {
        if other == site {
            return place;
        }
        place = place.rotate_left(1);
    }
    0
}

// A region has three sides at the most, so a bit for each site is there.
const _: () = assert!(crate::site::Region::ALL.len() * crate::site::Side::ALL.len() <= 64);
