//! Limits that contradict themselves or the ceilings do not load (CFG-02, CFG-03, CFG-05).

use safety::{
    Area, Fault, FieldGroup, Flux, Group, Laser, LaserLibrary, LaserUnit, Limit, Limits, MixRange,
    Multiple, Nanos, Pemf, PemfLibrary, PemfUnit, Permille, Place, Power, Region, Side, Span, Tier,
    check,
};

use crate::table::{
    MINUTE, bound, decision, fresh, hertz, joules, joules_per_cm2, laser_limits, millitesla,
    millitesla_minutes, neck, occiput, pemf_limits, site, watts,
};

#[test]
fn the_proposed_tables_load() {
    assert_eq!(laser_limits().validate(), Ok(()));
    assert_eq!(pemf_limits().validate(), Ok(()));
    let mut narrow = laser_limits();
    narrow.library.cranial.effective_field_fluence = narrow.library.cranial.field_fluence.soft;
    assert_eq!(narrow.validate(), Ok(()), "one value may be all that is permitted");
}

/// An empty library loads, and permits nothing.
#[test]
fn nothing_contradicts_nothing() {
    let laser: Limits<Laser> =
        Limits { library: LaserLibrary::default(), unit: LaserUnit::default(), tail: Nanos::ZERO };
    let field: Limits<Pemf> =
        Limits { library: PemfLibrary::default(), unit: PemfUnit::default(), tail: Nanos::ZERO };
    assert_eq!((laser.validate(), field.validate()), (Ok(()), Ok(())));
}

type Change<L> = fn(&mut L);

/// CFG-03: lower bounds are held against upper ones.
#[test]
fn a_laser_contradiction_names_its_place() {
    use Fault::{BeyondCeiling, LowerAboveUpper, SoftBeyondHard, Twice, Zero};
    let (hard, soft) = (Tier::Library, Tier::LibrarySoft);
    let cranial = Place::Laser(Group::Cranial);
    let cases: [(Change<Limits<Laser>>, Limit, Place, Tier, Fault); 12] = [
        (
            |l| l.library.cranial.power.hard = bound(0, watts(5.001)),
            Limit::Power,
            cranial,
            hard,
            BeyondCeiling,
        ),
        (
            |l| l.library.cranial.power.soft = bound(0, watts(4.1)),
            Limit::Power,
            cranial,
            soft,
            SoftBeyondHard,
        ),
        (
            |l| {
                l.library.cranial.power.hard = None;
                l.library.cranial.power.soft = bound(0, watts(6.0));
            },
            Limit::Power,
            cranial,
            soft,
            BeyondCeiling,
        ),
        (
            |l| l.library.cervical.spot.hard = bound(0, Area::from_square_millimetres(49)),
            Limit::SpotArea,
            Place::Laser(Group::Cervical),
            hard,
            BeyondCeiling,
        ),
        (
            |l| l.library.cranial.effective_field_fluence = bound(0, joules_per_cm2(6.1)),
            Limit::EffectiveFieldFluence,
            cranial,
            soft,
            LowerAboveUpper,
        ),
        (
            |l| l.library.everywhere.day_energy.hard = bound(0, joules(15_001)),
            Limit::DayEnergy,
            Place::Everywhere,
            hard,
            BeyondCeiling,
        ),
        (
            |l| l.library.everywhere.week_sessions.hard = bound(0, 8),
            Limit::WeekSessions,
            Place::Everywhere,
            hard,
            BeyondCeiling,
        ),
        (
            |l| l.library.everywhere.gate_frequency_low = bound(0, hertz(0.0)),
            Limit::GateFrequencyLow,
            Place::Everywhere,
            soft,
            BeyondCeiling,
        ),
        (
            |l| l.unit.lines[1] = l.unit.lines[0],
            Limit::Wavelength,
            Place::Unit,
            Tier::Capability,
            Twice,
        ),
        (
            |l| l.unit.power_step = Some(Power::ZERO),
            Limit::PowerStep,
            Place::Unit,
            Tier::Capability,
            Zero,
        ),
        (
            |l| l.unit.mix = Some(MixRange::Free { step: Permille::ZERO }),
            Limit::MixStep,
            Place::Unit,
            Tier::Capability,
            Zero,
        ),
        (
            |l| l.unit.power = Some(Span { least: watts(2.0), most: watts(1.0) }),
            Limit::LeastPower,
            Place::Unit,
            Tier::Capability,
            LowerAboveUpper,
        ),
    ];
    for (change, limit, place, tier, fault) in cases {
        let mut limits = laser_limits();
        change(&mut limits);
        let found = limits.validate().unwrap_err();
        assert_eq!(
            (found.limit, found.place, found.tier, found.fault),
            (limit, place, tier, fault)
        );
    }
}

#[test]
fn a_field_contradiction_names_its_place() {
    let (head, trunk) = (Place::Field(FieldGroup::HeadNeck), Place::Field(FieldGroup::TrunkLimb));
    let (hard, over) = (Tier::Library, Fault::BeyondCeiling);
    let cases: [(Change<Limits<Pemf>>, Limit, Place, Tier, Fault); 7] = [
        (
            |l| l.library.head_neck.flux.hard = bound(0, millitesla(20.001)),
            Limit::Flux,
            head,
            hard,
            over,
        ),
        (
            |l| l.library.trunk_limb.flux.hard = bound(0, millitesla(100.001)),
            Limit::Flux,
            trunk,
            hard,
            over,
        ),
        (
            |l| l.library.head_neck.nerve.hard = bound(0, Multiple::from_thousandths(801)),
            Limit::Nerve,
            head,
            hard,
            over,
        ),
        (
            |l| l.library.head_neck.exposure.hard = bound(0, millitesla_minutes(601)),
            Limit::Exposure,
            head,
            hard,
            over,
        ),
        (
            |l| l.library.everywhere.frequency_high.hard = bound(0, hertz(1_000.001)),
            Limit::FrequencyHigh,
            Place::Everywhere,
            hard,
            over,
        ),
        (
            |l| l.library.everywhere.frequency_low.soft = bound(0, hertz(51.0)),
            Limit::FrequencyLow,
            Place::Everywhere,
            Tier::LibrarySoft,
            Fault::LowerAboveUpper,
        ),
        (
            |l| l.unit.flux_step = Some(Flux::ZERO),
            Limit::FluxStep,
            Place::Unit,
            Tier::Capability,
            Fault::Zero,
        ),
    ];
    for (change, limit, place, tier, fault) in cases {
        let mut limits = pemf_limits();
        change(&mut limits);
        let found = limits.validate().unwrap_err();
        assert_eq!(
            (found.limit, found.place, found.tier, found.fault),
            (limit, place, tier, fault)
        );
    }
}

/// The ceilings, one by one: a number that changes here is a decision of the clinic (CFG-05,
/// PEM-03).
#[test]
fn the_ceilings_are_these() {
    let groups = [
        (Region::Temple, 5_000, 15),
        (Region::Suboccipital, 15_000, 15),
        (Region::PosteriorNeck, 30_000, 30),
        (Region::Shoulder, 30_000, 30),
    ];
    for (region, milliwatts, joules_per_cm2) in groups {
        let mut asked = neck();
        asked.site = site(region, Side::Left);
        let checked = check::<Laser>(&asked, &laser_limits(), &fresh());
        let ceilings = [
            (Limit::Power, milliwatts),
            (Limit::FieldFluence, joules_per_cm2 * 1_000_000),
            (Limit::SpotArea, 50),
            (Limit::Irradiance, 5_000_000),
            (Limit::SiteEnergy, 10_000 * JOULE),
            (Limit::VisitEnergy, 15_000 * JOULE),
            (Limit::DayEnergy, 15_000 * JOULE),
            (Limit::SiteTime, 45 * MINUTE.get()),
            (Limit::VisitTime, 45 * MINUTE.get()),
            (Limit::SiteSessions, 2),
            (Limit::WeekSessions, 7),
            (Limit::MixSum, 1_000),
            (Limit::Calibration, 1),
            (Limit::PowerStep, 10),
        ];
        for (limit, ceiling) in ceilings {
            let found = decision(&checked, limit, Tier::Ceiling).bound;
            assert_eq!(found, Some(ceiling), "{limit:?} at the {}", region.name());
        }
    }
    for (region, side, microteslas, permille, millitesla_minutes) in [
        (Region::Trapezius, Side::Left, 20_000, 800, 600),
        (Region::Shoulder, Side::Left, 100_000, 1_000, 1_800),
    ] {
        let mut asked = occiput();
        asked.site = site(region, side);
        let checked = check::<Pemf>(&asked, &pemf_limits(), &fresh());
        let ceilings = [
            (Limit::Flux, microteslas),
            (Limit::Nerve, permille),
            (Limit::Exposure, millitesla_minutes * 60_000_000_000_000),
            (Limit::FrequencyLow, 1),
            (Limit::FrequencyHigh, 1_000_000),
            (Limit::SiteTime, 90 * MINUTE.get()),
            (Limit::DayTime, 180 * MINUTE.get()),
            (Limit::WeekSessions, 10),
            (Limit::DutyLow, 1),
            (Limit::ScreeningAge, 30),
        ];
        for (limit, ceiling) in ceilings {
            let found = decision(&checked, limit, Tier::Ceiling).bound;
            assert_eq!(found, Some(ceiling), "{limit:?} at the {}", region.name());
        }
    }
}

/// In picojoules.
const JOULE: u64 = 1_000_000_000_000;
