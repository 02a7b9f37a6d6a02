//! The profiles of unit families in the folder `profiles/`. Each is read, whether a unit names it
//! or not: a clinic that mends one finds its mistakes before a unit needs it.

use device_drivers::{
    Unverified,
    profile::{Profile, Reason},
};
use toml::Spanned;

use super::{fitness, mistake::Kind, suggestion, table::Table};

/// A family of units whose profile is in the folder.
#[derive(Clone, Debug)]
pub struct Family {
    /// As the file of a unit names it.
    pub name: String,
    pub(super) profile: Profile,
}

impl Family {
    /// What no unit of it can be used as, whoever signs, in sentences.
    pub fn limits(&self) -> Vec<String> {
        fitness::limits(&self.profile)
    }

    /// Why a unit of it is not started as long as no relay is in its supply; empty if it is.
    pub fn reasons(&self) -> Vec<Reason> {
        self.profile.reasons(false)
    }

    /// What the maker does not say of any of its models.
    pub fn unverified(&self) -> Vec<Unverified> {
        let mut all = self.profile.unverified("");
        for variant in &self.profile.variants {
            for fact in self.profile.unverified(&variant.name) {
                if !all.contains(&fact) {
                    all.push(fact);
                }
            }
        }
        all
    }
}

/// Everything that is in the folder.
#[derive(Default)]
pub(super) struct Families(Vec<(String, Option<Family>)>);

impl Families {
    /// Takes what was read of a file, which is nothing if it has mistakes.
    pub(super) fn put(&mut self, file: &str, profile: Option<Profile>) {
        let name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
        let name = name.unwrap_or(file).to_owned();
        let family = profile.map(|profile| Family { name: name.clone(), profile });
        self.0.push((name, family));
    }

    /// The family of this name. Why there is none was noted.
    pub(super) fn find(&self, root: &Table<'_>, name: &Spanned<String>) -> Option<&Family> {
        let wanted = name.get_ref();
        let Some((_, family)) = self.0.iter().find(|(own, _)| own == wanted) else {
            let what = format!("there is no profile `{wanted}` in {FOLDER}");
            let names = || self.0.iter().map(|(name, _)| name.as_str());
            let near = suggestion::nearest(wanted, names());
            let fix = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.0.is_empty() => format!("put {wanted}.toml into {FOLDER}"),
                None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
            };
            root.wrong(name, Kind::Contradiction, what, fix);
            return None;
        };
        if family.is_none() {
            let what = format!("the profile `{wanted}` has mistakes of its own");
            root.wrong(name, Kind::Contradiction, what, format!("mend {FOLDER}/{wanted}.toml"));
        }
        family.as_ref()
    }

    /// The families without a mistake, in the order of their names.
    pub(super) fn into_whole(self) -> Vec<Family> {
        self.0.into_iter().filter_map(|(_, family)| family).collect()
    }
}

/// The folder of the profiles, which a clinic may do without.
pub(super) const FOLDER: &str = "profiles";
