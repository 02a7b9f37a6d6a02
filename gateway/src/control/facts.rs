//! What the configuration says of the units that only callers of the API are shown.

use device_drivers::Unverified;
use proto::v1;
use safety::{Timing, WAVELENGTHS_MAX, Wavelength};

use super::clocks::midnight;
use crate::config::{Calibration, Fact, LaserHazard, PemfHazard, ReadBack};

/// What the configuration says that only callers of the API are shown.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The revision of the source that the gateway was built from.
    pub build: String,
    /// The configuration in force, as a hash in hexadecimal.
    pub config_revision: String,
    /// The units, by [`UnitId`](clinic::UnitId).
    pub units: Vec<UnitFacts>,
}

/// What the configuration says of one unit that only callers of the API are shown.
#[derive(Clone, Debug)]
pub struct UnitFacts {
    /// The file name of its profile, without extension.
    pub profile: String,
    /// How its output is known.
    pub read_back: ReadBack,
    /// The wavelengths of a laser, in its own order.
    pub wavelengths: [Option<Wavelength>; WAVELENGTHS_MAX],
    /// The times that it is watched by.
    pub timing: Timing,
    /// When it was calibrated and falls due.
    pub calibration: Option<Calibration>,
    /// What people beside it have to know.
    pub hazard: Option<Hazard>,
    /// What it builds on that nobody has seen at the hardware.
    pub unverified: Vec<Fact>,
}

/// What people beside a unit have to know before a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hazard {
    /// Beside a laser (CFG-04).
    Laser(LaserHazard),
    /// Beside a coil (PEM-10).
    Pemf(PemfHazard),
    /// Beside the coil of a stimulator, in the same words.
    Stimulator(PemfHazard),
}

impl UnitFacts {
    /// A unit of which nothing is known, with the shortest times.
    pub const NONE: Self = Self {
        profile: String::new(),
        read_back: ReadBack::Measured,
        wavelengths: [None; WAVELENGTHS_MAX],
        timing: Timing::LASER,
        calibration: None,
        hazard: None,
        unverified: Vec::new(),
    };

    /// What is unverified, with its signatures.
    pub(crate) fn unverified(&self) -> Vec<v1::UnverifiedFact> {
        self.unverified.iter().map(unverified).collect()
    }

    /// What has yet to be signed for.
    pub(crate) fn unsigned(&self) -> Vec<v1::UnverifiedFact> {
        let open = self.unverified.iter().filter(|fact| fact.signature.is_none());
        open.map(unverified).collect()
    }

    /// What people beside it have to see before a start (PEM-10, CFG-04).
    pub(crate) fn hazard(&self) -> Option<v1::Hazard> {
        let hazard = match self.hazard.as_ref()? {
            Hazard::Laser(laser) => v1::hazard::Hazard::Laser(self.beside_laser(laser)),
            Hazard::Pemf(PemfHazard { keep_out_millimetres }) => {
                v1::hazard::Hazard::Pemf(v1::PemfHazard {
                    keep_out_distance_millimetres: *keep_out_millimetres,
                })
            }
            Hazard::Stimulator(PemfHazard { keep_out_millimetres }) => {
                v1::hazard::Hazard::Stimulator(v1::StimulatorHazard {
                    keep_out_distance_millimetres: *keep_out_millimetres,
                })
            }
        };
        Some(v1::Hazard { hazard: Some(hazard) })
    }

    fn beside_laser(&self, hazard: &LaserHazard) -> v1::LaserHazard {
        let density = u32::from(hazard.eyewear.tenths()).saturating_mul(HUNDREDTHS_PER_TENTH);
        let eyewear = self.wavelengths.iter().flatten().map(|wavelength| v1::EyewearDensity {
            wavelength_nanometres: wavelength.nanometres().into(),
            least_optical_density_hundredths: density,
        });
        v1::LaserHazard {
            nominal_ocular_hazard_distance_millimetres: hazard.ocular_distance_millimetres,
            nominal_hazard_zone_millimetres: hazard.zone_millimetres,
            eyewear: eyewear.collect(),
            spot_areas_square_millimetres: hazard
                .spots
                .iter()
                .map(|spot| spot.square_millimetres())
                .collect(),
        }
    }
}

fn unverified(fact: &Fact) -> v1::UnverifiedFact {
    let Fact { unverified: Unverified { id, says, source }, file, signature } = fact;
    let signed = signature.as_ref();
    v1::UnverifiedFact {
        fact_id: id.to_string(),
        says: says.to_string(),
        source: source.to_string(),
        file: file.to_string(),
        signed_by: signed.map_or_else(String::new, |signed| signed.by.clone()),
        signed_time: signed.and_then(|signed| midnight(signed.on)),
        signed_how: signed.map_or_else(String::new, |signed| signed.how.clone()),
    }
}

const HUNDREDTHS_PER_TENTH: u32 = 10;

#[cfg(test)]
mod tests {
    use safety::{Area, OpticalDensity};

    use super::*;

    /// PEM-10: the distance is the one of the profile.
    #[test]
    fn bystanders_are_shown_how_far_to_keep_from_a_coil() {
        let hazard = Hazard::Pemf(PemfHazard { keep_out_millimetres: 1_500 });
        let facts = UnitFacts { hazard: Some(hazard), ..UnitFacts::NONE };
        let shown = facts.hazard().unwrap().hazard.unwrap();
        let distance = v1::PemfHazard { keep_out_distance_millimetres: 1_500 };
        assert_eq!(shown, v1::hazard::Hazard::Pemf(distance));
        let hazard = Hazard::Stimulator(PemfHazard { keep_out_millimetres: 900 });
        let facts = UnitFacts { hazard: Some(hazard), ..UnitFacts::NONE };
        let distance = v1::StimulatorHazard { keep_out_distance_millimetres: 900 };
        let shown = facts.hazard().unwrap().hazard.unwrap();
        assert_eq!(shown, v1::hazard::Hazard::Stimulator(distance));
        assert_eq!(UnitFacts::NONE.hazard(), None);
    }

    /// CFG-04: distances, spots, and what eyewear needs at each wavelength of the unit.
    #[test]
    fn bystanders_are_shown_what_a_laser_does() {
        let hazard = LaserHazard {
            eyewear: OpticalDensity::from_tenths(52),
            ocular_distance_millimetres: 24_000,
            zone_millimetres: 9_000,
            divergence_milliradians: 350,
            spots: vec![Area::from_square_millimetres(500), Area::from_square_millimetres(900)],
        };
        let mut wavelengths = [None; WAVELENGTHS_MAX];
        wavelengths[0] = Some(Wavelength::from_nanometres(810));
        wavelengths[1] = Some(Wavelength::from_nanometres(980));
        let facts =
            UnitFacts { wavelengths, hazard: Some(Hazard::Laser(hazard)), ..UnitFacts::NONE };
        let density = |wavelength_nanometres| v1::EyewearDensity {
            wavelength_nanometres,
            least_optical_density_hundredths: 520,
        };
        let laser = v1::LaserHazard {
            nominal_ocular_hazard_distance_millimetres: 24_000,
            nominal_hazard_zone_millimetres: 9_000,
            eyewear: vec![density(810), density(980)],
            spot_areas_square_millimetres: vec![500, 900],
        };
        assert_eq!(facts.hazard().unwrap().hazard.unwrap(), v1::hazard::Hazard::Laser(laser));
    }
}
