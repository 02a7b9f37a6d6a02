//! A field that reaches into a neighbouring site has to be right there too (DOS-14).

use proptest::prelude::*;
use safety::{
    Answer, AreaFluence, Dose, Energy, Fluence, Laser, LaserPrescription, Limit, Nanos, Pemf,
    PemfPrescription, Power, Region, Side, Site, Sites, Tier, check,
};

use crate::{
    draw::numbers,
    stimulator::{forearm, stimulator_limits},
    table::{
        all_overridden, decision, fresh, laser_limits, neck, objections, occiput, pemf_limits,
        site, source,
    },
};

fn below() -> Site {
    site(Region::Suboccipital, Side::Midline)
}

/// Every site has a place of its own in a set.
#[test]
fn a_set_holds_what_was_put_in_and_nothing_else() {
    let all: Vec<Site> = Site::all().collect();
    for one in &all {
        let alone = Sites::NONE.with(*one);
        assert_eq!(alone.iter().collect::<Vec<_>>(), [*one]);
        let others: Sites = all.iter().copied().filter(|other| other != one).collect();
        assert!(!others.holds(*one));
        assert_eq!(others.with(*one).iter().collect::<Vec<_>>(), all);
        assert_eq!(alone.with(*one), alone);
    }
    assert_eq!(Sites::NONE.iter().next(), None);
}

/// Beside a set lies what borders a member of it and is none.
#[test]
fn a_set_is_bordered_by_what_borders_its_members() {
    let field: Sites = [neck().site, below()].into_iter().collect();
    for other in Site::all() {
        let beside = other.borders(neck().site) || other.borders(below());
        let member = other == neck().site || other == below();
        assert_eq!(field.border(other), beside && !member, "{other:?}");
    }
}

/// DOS-14: the manual's 7 W and 2520 J for the neck are too much where the field lies on the suboccipital
/// muscles as well; overridden, the hard limit is that of the stricter site, and names its line.
#[test]
fn the_limits_of_a_touched_site_hold_for_light() {
    let mut asked = neck();
    assert_eq!(objections(&check::<Laser>(&asked, &laser_limits(), &fresh())), []);
    asked.touched = asked.touched.with(below());
    let checked = check::<Laser>(&asked, &laser_limits(), &fresh());
    let expected = [Limit::Power, Limit::SiteEnergy, Limit::FieldFluence];
    assert_eq!(objections(&checked), expected);
    let hard = decision(&checked, Limit::Power, Tier::Library);
    assert_eq!((hard.bound, hard.source), (Some(10_000), source(30)));
    asked.overrides = all_overridden();
    let checked = check::<Laser>(&asked, &laser_limits(), &fresh());
    assert_eq!(objections(&checked), [Limit::SiteEnergy], "800 J near bone and hair");
    // Its own limits hold all the same where they are the stricter ones.
    (asked.site, asked.touched) = (below(), Sites::NONE.with(neck().site));
    let checked = check::<Laser>(&asked, &laser_limits(), &fresh());
    assert_eq!(decision(&checked, Limit::Power, Tier::Library).bound, Some(10_000));
}

/// A limit that is missing for a touched site refuses.
#[test]
fn a_limit_that_a_touched_site_misses_refuses() {
    let mut limits = laser_limits();
    limits.library.suboccipital.irradiance.hard = None;
    let mut asked = neck();
    assert_eq!(objections(&check::<Laser>(&asked, &limits, &fresh())), []);
    asked.touched = asked.touched.with(below());
    asked.overrides = all_overridden();
    let refused = objections(&check::<Laser>(&asked, &limits, &fresh()));
    assert_eq!(refused, [Limit::Irradiance, Limit::SiteEnergy]);
}

/// A field at the upper back that reaches the neck is one at the neck: its flux density, and metal
/// in the neck.
#[test]
fn a_field_that_reaches_the_neck_is_one_at_the_neck() {
    let (mut back, mut reaching) = (occiput(), occiput());
    back.site = site(Region::UpperBack, Side::Midline);
    reaching.site = back.site;
    reaching.touched = Sites::NONE.with(site(Region::PosteriorNeck, Side::Left));
    let metal = |mut asked: PemfPrescription| {
        asked.screening.metal = Answer::Yes;
        asked.overrides = all_overridden();
        objections(&check::<Pemf>(&asked, &pemf_limits(), &fresh()))
    };
    assert_eq!((metal(back), metal(reaching)), (vec![], vec![Limit::Metal]));
    let flux = |asked: PemfPrescription| {
        let checked = check::<Pemf>(&asked, &pemf_limits(), &fresh());
        decision(&checked, Limit::Flux, Tier::Library).bound
    };
    assert_eq!(flux(reaching), flux(occiput()));
    assert!(flux(reaching) < flux(back));
}

/// A stimulator reaches neither head nor neck (PEM-03).
#[test]
fn trains_at_the_shoulder_do_not_reach_the_neck() {
    let mut asked = forearm();
    asked.site = site(Region::Shoulder, Side::Left);
    assert_eq!(objections(&check(&asked, &stimulator_limits(), &fresh())), []);
    asked.touched = Sites::NONE.with(site(Region::Trapezius, Side::Left));
    asked.overrides = all_overridden();
    let refused = objections(&check(&asked, &stimulator_limits(), &fresh()));
    assert_eq!(refused, [Limit::HeadNeck]);
}

/// As much light as that, over the areas of the manual.
fn light(milliwatts: u32) -> LaserPrescription {
    let most = u64::from(milliwatts);
    let mut asked = neck();
    asked.power = Power::from_milliwatts(milliwatts);
    asked.dose = Dose { quantity: Energy::from_millijoules(most * 100), time: SECOND.times(110) };
    asked.fluence = AreaFluence::Field(Fluence::from_microjoules_per_cm2(most * 300));
    asked.overrides = all_overridden();
    asked
}

fn is_admitted(mut asked: LaserPrescription, site: Site, touched: Sites) -> bool {
    (asked.site, asked.touched) = (site, touched);
    check::<Laser>(&asked, &laser_limits(), &fresh()).admitted().is_some()
}

proptest! {
    #![proptest_config(config())]

    /// What is admitted over several sites is admitted at each of them, and the other way round:
    /// nothing else is decided by how far a field reaches.
    #[test]
    fn what_reaches_several_sites_is_right_for_each(mut draw in numbers()) {
        let sites = [draw.site(), draw.site(), draw.site()];
        let asked = light([1_500, 3_000, 7_000, 12_000][draw.below(4)]);
        let over_all = is_admitted(asked, sites[0], sites.into_iter().collect());
        let at_each = sites.iter().all(|site| is_admitted(asked, *site, Sites::NONE));
        prop_assert_eq!(over_all, at_each, "{:?} at {:?}", asked.power, sites);
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) }
}

const SECOND: Nanos = Nanos::from_secs(1);
