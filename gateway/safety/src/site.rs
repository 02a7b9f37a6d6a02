//! Where a session is given: a closed list of regions with sides, and which of them lie side by
//! side.
//!
//! What is not in the list cannot be asked for: the eye and its surroundings, the thyroid and the
//! front of the neck have no region here (safety rules of photobiomodulation; WALT).

use self::{
    Region as R,
    Touch::{Across, Along},
};

macro_rules! regions {
    ($($(#[$doc:meta])* $name:ident: $group:ident, $sides:ident, $text:literal;)*) => {
        /// A region of the body.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Region {
            $($(#[$doc])* $name,)*
        }

        impl Region {
            /// Every region there is, from head to foot.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The limits that hold here for a laser.
            pub const fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)* }
            }

            /// Its name in words.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            const fn sides(self) -> Sides {
                match self { $(Self::$name => Sides::$sides,)* }
            }
        }
    };
}

regions! {
    /// The forehead above the brows, two centimetres off the orbit.
    Forehead: Cranial, Three, "forehead";
    /// The temple, two centimetres off the orbit.
    Temple: Cranial, Pair, "temple";
    /// The masseter and the joint of the jaw.
    Jaw: Cranial, Pair, "jaw";
    /// The side of the skull above the ear.
    Parietal: Cranial, Pair, "parietal";
    /// The top of the skull.
    Vertex: Cranial, Single, "vertex";
    /// The back of the skull.
    Occiput: Cranial, Three, "occiput";
    /// The muscles below the skull, where the occipital nerves pass.
    Suboccipital: Suboccipital, Three, "suboccipital";
    /// The back of the neck.
    PosteriorNeck: Cervical, Three, "posterior neck";
    /// The upper trapezius.
    Trapezius: Cervical, Pair, "trapezius";
    /// The shoulder.
    Shoulder: TrunkLimb, Pair, "shoulder";
    /// The thoracic back.
    UpperBack: TrunkLimb, Three, "upper back";
    /// The lumbar back.
    LowerBack: TrunkLimb, Three, "lower back";
    /// The upper arm.
    UpperArm: TrunkLimb, Pair, "upper arm";
    /// The forearm.
    Forearm: TrunkLimb, Pair, "forearm";
    /// The hand.
    Hand: TrunkLimb, Pair, "hand";
    /// The inner thigh.
    InnerThigh: TrunkLimb, Facing, "inner thigh";
    /// The knee.
    Knee: TrunkLimb, Pair, "knee";
    /// The lower leg.
    LowerLeg: TrunkLimb, Pair, "lower leg";
    /// The foot.
    Foot: TrunkLimb, Pair, "foot";
}

/// A side of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The patient's left.
    Left,
    /// The middle.
    Midline,
    /// The patient's right.
    Right,
}

impl Side {
    /// Every side there is.
    pub const ALL: &'static [Self] = &[Self::Left, Self::Midline, Self::Right];
}

/// The group whose laser limits hold at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The skull and the jaw.
    Cranial,
    /// Below the skull, near bone and hair.
    Suboccipital,
    /// The back of the neck and the trapezius.
    Cervical,
    /// Everything below.
    TrunkLimb,
}

/// The group whose field limits hold at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldGroup {
    /// Head and neck.
    HeadNeck,
    /// Trunk and limbs.
    TrunkLimb,
}

/// A region and a side that exists there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    region: Region,
    side: Side,
}

impl Site {
    /// `region` on `side`, if it has that side.
    pub const fn new(region: Region, side: Side) -> Option<Self> {
        let exists = match (region.sides(), side) {
            (Sides::Three, Side::Left | Side::Midline | Side::Right) => true,
            (Sides::Single, Side::Midline) => true,
            (Sides::Pair | Sides::Facing, Side::Left | Side::Right) => true,
            (Sides::Single, Side::Left | Side::Right) => false,
            (Sides::Pair | Sides::Facing, Side::Midline) => false,
        };
        if exists { Some(Self { region, side }) } else { None }
    }

    /// The region.
    pub const fn region(self) -> Region {
        self.region
    }

    /// The side.
    pub const fn side(self) -> Side {
        self.side
    }

    /// The limits that hold here for a laser.
    pub const fn group(self) -> Group {
        self.region.group()
    }

    /// The limits that hold here for a field.
    pub const fn field_group(self) -> FieldGroup {
        match self.group() {
            Group::Cranial | Group::Suboccipital | Group::Cervical => FieldGroup::HeadNeck,
            Group::TrunkLimb => FieldGroup::TrunkLimb,
        }
    }

    /// Every site there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Region::ALL
            .iter()
            .flat_map(|region| Side::ALL.iter().filter_map(|side| Self::new(*region, *side)))
    }

    /// The sites beside this one. One that a field touches is charged in full, one that it does not
    /// touch by half (DOS-14; the half is a proposal that needs the clinic's sign-off).
    pub fn neighbours(self) -> impl Iterator<Item = Self> {
        Self::all().filter(move |other| self.borders(*other))
    }

    /// Whether `other` lies beside this site. Of no site with itself.
    pub fn borders(self, other: Self) -> bool {
        if self.region == other.region {
            return self.faces(other);
        }
        BORDERS.iter().any(|(one, another, touch)| {
            let these = (self.region, other.region);
            let listed = these == (*one, *another) || these == (*another, *one);
            listed && touch.joins(self.side, other.side)
        })
    }

    fn faces(self, other: Self) -> bool {
        let sides = [self.side, other.side];
        match self.region.sides() {
            Sides::Three => self.side != other.side && sides.contains(&Side::Midline),
            Sides::Facing => self.side != other.side,
            Sides::Single | Sides::Pair => false,
        }
    }
}

/// The sides that a region has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sides {
    /// The midline only.
    Single,
    /// Left and right, with another region or nothing between them.
    Pair,
    /// Left and right, one against the other.
    Facing,
    /// Left, midline and right.
    Three,
}

/// How two regions lie side by side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// On the same side.
    Along,
    /// On the same side, and either side with the midline.
    Across,
}

impl Touch {
    fn joins(self, one: Side, other: Side) -> bool {
        match self {
            Along => one == other,
            Across => one == other || one == Side::Midline || other == Side::Midline,
        }
    }
}

/// Which regions lie side by side, each pair once (a proposal that needs the clinic's sign-off).
const BORDERS: [(Region, Region, Touch); 23] = [
    (R::Forehead, R::Temple, Along),
    (R::Forehead, R::Parietal, Along),
    (R::Forehead, R::Vertex, Across),
    (R::Temple, R::Jaw, Along),
    (R::Temple, R::Parietal, Along),
    (R::Parietal, R::Vertex, Across),
    (R::Parietal, R::Occiput, Along),
    (R::Vertex, R::Occiput, Across),
    (R::Occiput, R::Suboccipital, Across),
    (R::Suboccipital, R::PosteriorNeck, Across),
    (R::Suboccipital, R::Trapezius, Along),
    (R::PosteriorNeck, R::Trapezius, Across),
    (R::PosteriorNeck, R::UpperBack, Across),
    (R::Trapezius, R::Shoulder, Along),
    (R::Trapezius, R::UpperBack, Across),
    (R::Shoulder, R::UpperBack, Along),
    (R::Shoulder, R::UpperArm, Along),
    (R::UpperBack, R::LowerBack, Across),
    (R::UpperArm, R::Forearm, Along),
    (R::Forearm, R::Hand, Along),
    (R::InnerThigh, R::Knee, Along),
    (R::Knee, R::LowerLeg, Along),
    (R::LowerLeg, R::Foot, Along),
];
