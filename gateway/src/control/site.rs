//! Sites and sides: both lists are closed, and each region has its own sides.

use proto::v1;
use safety::{Region, Side, Site, Sites};

use super::violations::Violations;

/// A region and a side that exists there.
pub(crate) fn read(violations: &mut Violations, site: i32, side: i32) -> Option<Site> {
    let region = violations.choice("site", site, region);
    let side = violations.choice("side", side, side_of);
    let (region, side) = (region?, side?);
    let site = Site::new(region, side);
    if site.is_none() {
        let has = Side::ALL.iter().filter(|side| Site::new(region, **side).is_some());
        let has: Vec<_> = has.map(|side| name(*side)).collect();
        let (region, has) = (region.name(), has.join(", "));
        violations.add("side", format!("Does not exist at this site; the {region} has: {has}."));
    }
    site
}

/// The sites that the field reaches into: each once, and each beside its own (DOS-14).
pub(crate) fn touched(
    violations: &mut Violations,
    own: Option<Site>,
    asked: &[v1::TouchedSite],
) -> Option<Sites> {
    let mut touched = Some(Sites::NONE);
    for (place, one) in asked.iter().enumerate() {
        touched = violations.under(&format!("touched_sites[{place}]"), |violations| {
            let site = read(violations, one.site, one.side)?;
            let (own, before) = (own?, touched?);
            if !own.borders(site) {
                let beside: Vec<_> = own.neighbours().map(place_of).collect();
                let beside = beside.join(", ");
                violations
                    .add("site", format!("Does not lie beside the field; these do: {beside}."));
                return None;
            }
            if before.holds(site) {
                violations.add("site", "Is named twice; name each site once.");
                return None;
            }
            Some(before.with(site))
        });
    }
    touched
}

fn place_of(site: Site) -> String {
    format!("{} {}", site.region().name(), name(site.side()))
}

fn region(site: v1::Site) -> Option<Region> {
    Some(match site {
        v1::Site::Unspecified => return None,
        v1::Site::Suboccipital => Region::Suboccipital,
        v1::Site::CervicalPosterior => Region::PosteriorNeck,
        v1::Site::Trapezius => Region::Trapezius,
        v1::Site::Temple => Region::Temple,
        v1::Site::Forehead => Region::Forehead,
        v1::Site::Vertex => Region::Vertex,
        v1::Site::Occipital => Region::Occiput,
        v1::Site::Masseter => Region::Jaw,
        v1::Site::Thoracic => Region::UpperBack,
        v1::Site::Lumbar => Region::LowerBack,
        v1::Site::Shoulder => Region::Shoulder,
        v1::Site::UpperArm => Region::UpperArm,
        v1::Site::Hand => Region::Hand,
        v1::Site::InnerThigh => Region::InnerThigh,
        v1::Site::Knee => Region::Knee,
        v1::Site::Leg => Region::LowerLeg,
        v1::Site::Foot => Region::Foot,
        v1::Site::Parietal => Region::Parietal,
        v1::Site::Forearm => Region::Forearm,
    })
}

fn side_of(side: v1::Side) -> Option<Side> {
    match side {
        v1::Side::Unspecified => None,
        v1::Side::Left => Some(Side::Left),
        v1::Side::Right => Some(Side::Right),
        v1::Side::Midline => Some(Side::Midline),
    }
}

const fn name(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Midline => "midline",
        Side::Right => "right",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A site and a side as the API names them.
    const fn shown(site: Site) -> (v1::Site, v1::Side) {
        let region = match site.region() {
            Region::Forehead => v1::Site::Forehead,
            Region::Temple => v1::Site::Temple,
            Region::Jaw => v1::Site::Masseter,
            Region::Parietal => v1::Site::Parietal,
            Region::Vertex => v1::Site::Vertex,
            Region::Occiput => v1::Site::Occipital,
            Region::Suboccipital => v1::Site::Suboccipital,
            Region::PosteriorNeck => v1::Site::CervicalPosterior,
            Region::Trapezius => v1::Site::Trapezius,
            Region::Shoulder => v1::Site::Shoulder,
            Region::UpperBack => v1::Site::Thoracic,
            Region::LowerBack => v1::Site::Lumbar,
            Region::UpperArm => v1::Site::UpperArm,
            Region::Forearm => v1::Site::Forearm,
            Region::Hand => v1::Site::Hand,
            Region::InnerThigh => v1::Site::InnerThigh,
            Region::Knee => v1::Site::Knee,
            Region::LowerLeg => v1::Site::Leg,
            Region::Foot => v1::Site::Foot,
        };
        let side = match site.side() {
            Side::Left => v1::Side::Left,
            Side::Midline => v1::Side::Midline,
            Side::Right => v1::Side::Right,
        };
        (region, side)
    }

    #[test]
    fn every_site_goes_out_and_comes_back() {
        for site in Site::all() {
            let (region, side) = shown(site);
            let mut violations = Violations::default();
            assert_eq!(read(&mut violations, region.into(), side.into()), Some(site));
            violations.settle().unwrap();
        }
    }

    fn field(own: Site, touched: &[Site]) -> Result<Option<Sites>, String> {
        let asked: Vec<_> = touched
            .iter()
            .map(|site| {
                let (site, side) = shown(*site);
                v1::TouchedSite { site: site.into(), side: side.into() }
            })
            .collect();
        let mut violations = Violations::default();
        let read = super::touched(&mut violations, Some(own), &asked);
        violations.settle().map_err(|denial| denial.into_refusal().sentence)?;
        Ok(read)
    }

    /// DOS-14: a field reaches into neighbours, and nowhere else.
    #[test]
    fn a_field_reaches_what_lies_beside_it() {
        for own in Site::all() {
            let beside: Vec<Site> = own.neighbours().collect();
            assert_eq!(field(own, &beside), Ok(Some(beside.into_iter().collect())));
        }
        let neck = Site::new(Region::PosteriorNeck, Side::Left).unwrap();
        let foot = Site::new(Region::Foot, Side::Left).unwrap();
        let beside = Site::new(Region::Trapezius, Side::Left).unwrap();
        assert_eq!(field(neck, &[]), Ok(Some(Sites::NONE)));
        let said = field(neck, &[beside, foot]).unwrap_err();
        assert!(
            said.starts_with("touched_sites[1].site: ") && said.contains("trapezius left"),
            "{said}"
        );
        let said = field(neck, &[neck]).unwrap_err();
        assert!(said.contains("Does not lie beside"), "{said}");
        let said = field(neck, &[beside, beside]).unwrap_err();
        assert!(said.starts_with("touched_sites[1].site: Is named twice"), "{said}");
        let mut violations = Violations::default();
        let missing = [v1::TouchedSite::default()];
        assert_eq!(touched(&mut violations, Some(neck), &missing), None);
        assert!(violations.settle().is_err());
    }

    #[test]
    fn a_side_that_a_region_does_not_have_is_named() {
        let mut violations = Violations::default();
        let (site, side) = (v1::Site::Vertex.into(), v1::Side::Left.into());
        assert_eq!(read(&mut violations, site, side), None);
        let said = violations.settle().unwrap_err().into_refusal().sentence;
        assert!(said.contains("the vertex has: midline"), "{said}");
    }
}
