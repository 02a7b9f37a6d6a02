//! The closed list of sites and its neighbours (DOS-14).

use safety::{FieldGroup, Group, Region, Side, Site};

use crate::table::site;

#[test]
fn sides_that_a_region_does_not_have_cannot_be_named() {
    assert_eq!(Site::new(Region::Vertex, Side::Left), None);
    assert_eq!(Site::new(Region::Vertex, Side::Right), None);
    assert_eq!(Site::new(Region::Temple, Side::Midline), None);
    assert_eq!(Site::new(Region::InnerThigh, Side::Midline), None);
    assert!(Site::new(Region::Vertex, Side::Midline).is_some());
    assert_eq!(Site::all().count(), 43);
}

#[test]
fn bordering_is_mutual_and_never_with_itself() {
    for one in Site::all() {
        assert!(!one.borders(one));
        for other in Site::all() {
            assert_eq!(one.borders(other), other.borders(one), "{one:?} and {other:?}");
        }
        assert!(one.neighbours().next().is_some(), "{one:?} lies alone");
    }
}

#[test]
fn neighbours_lie_where_they_do() {
    let neck = site(Region::Suboccipital, Side::Left);
    let found: Vec<Site> = neck.neighbours().collect();
    let expected = [
        site(Region::Occiput, Side::Left),
        site(Region::Occiput, Side::Midline),
        site(Region::Suboccipital, Side::Midline),
        site(Region::PosteriorNeck, Side::Left),
        site(Region::PosteriorNeck, Side::Midline),
        site(Region::Trapezius, Side::Left),
    ];
    assert_eq!(found, expected);
    let thigh = site(Region::InnerThigh, Side::Left);
    assert!(thigh.borders(site(Region::InnerThigh, Side::Right)), "thighs touch");
    assert!(!site(Region::Temple, Side::Left).borders(site(Region::Temple, Side::Right)));
    assert!(!site(Region::Knee, Side::Left).borders(site(Region::LowerLeg, Side::Right)));
}

#[test]
fn head_and_neck_have_the_field_limits_of_the_head() {
    for site in Site::all() {
        let trunk = site.group() == Group::TrunkLimb;
        assert_eq!(site.field_group() == FieldGroup::TrunkLimb, trunk, "{site:?}");
    }
    assert_eq!(site(Region::Jaw, Side::Left).group(), Group::Cranial);
    assert_eq!(site(Region::Trapezius, Side::Left).group(), Group::Cervical);
}
