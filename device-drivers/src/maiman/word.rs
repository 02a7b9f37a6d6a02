//! What can be said to a driver, and where each of it stands in both framings.

use crate::rtu::{Request, Window};

/// Everything that can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Asks what is in a register.
    Read(Register),
    /// Sets the current, in counts of the series.
    Set(u16),
    /// One action of the command word.
    Act(Act),
}

/// A register that is read. Parameters and addresses: the vendor's Maiman-Workbench and Maiman-MCBS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Register {
    /// Which model it is.
    Model,
    /// Its own number.
    Serial,
    /// Status bits; writing here acts.
    State,
    /// Why it does not emit.
    Lock,
    /// The current that it is set to.
    Current,
    /// The highest that it takes.
    HighestCurrent,
    /// The highest of its hardware.
    HardwareCurrent,
    /// The current that flows.
    Measured,
    /// The temperature of its board.
    Board,
    /// The temperature of the sensor at the diode.
    Sensor,
}

/// What the command word can do here. Denying the interlock (2000h) and the sensor (4000h), and
/// leaving current (0040h) or enabling (0200h) to somebody else, is not among it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Turns on.
    Start,
    /// Turns off.
    Stop,
    /// The current is the one that is set by us.
    SetHere,
    /// It may be started by us.
    EnableHere,
    /// An open interlock stops it.
    ObeyInterlock,
    /// A hot sensor stops it.
    ObeySensor,
}

impl Word {
    pub(super) const fn is_read(self) -> bool {
        match self {
            Self::Read(_) => true,
            Self::Set(_) | Self::Act(_) => false,
        }
    }

    /// This in Modbus RTU as the question of this number, and how many registers of its answer stand
    /// before the one that is asked for.
    pub(super) fn request(self, turn: u32) -> (Request<'static>, usize) {
        match self {
            Self::Read(register) => {
                let alone = Window::of_turn(register.address(), turn);
                let shift = if alone.count == 1 { 0 } else { register.back() };
                let first = alone.first.saturating_sub(shift);
                (Request::ReadRegisters(Window { first, ..alone }), usize::from(shift))
            }
            Self::Set(count) => (Request::WriteRegister(Register::Current.address(), count), 0),
            Self::Act(act) => (Request::WriteRegister(Register::State.address(), act.code()), 0),
        }
    }
}

impl Register {
    /// In text.
    pub(super) const fn parameter(self) -> u16 {
        match self {
            Self::Model => 0x0702,
            Self::Serial => 0x0701,
            Self::State => 0x0700,
            Self::Lock => 0x0800,
            Self::Current => 0x0300,
            Self::HighestCurrent => 0x0302,
            Self::HardwareCurrent => 0x0306,
            Self::Measured => 0x0307,
            Self::Board => 0x0AF4,
            Self::Sensor => 0x0AE4,
        }
    }

    /// In Modbus.
    const fn address(self) -> u16 {
        match self {
            Self::Model => 0x0001,
            Self::Serial => 0x0003,
            Self::State => 0x0004,
            Self::Lock => 0x0005,
            Self::Current => 0x0008,
            Self::HighestCurrent => 0x0025,
            Self::HardwareCurrent => 0x0029,
            Self::Measured => 0x0040,
            Self::Board => 0x0043,
            Self::Sensor => 0x0042,
        }
    }

    /// How far before it the two begin that are read together: the vendor's map names the register
    /// before these and not the one behind.
    const fn back(self) -> u16 {
        match self {
            Self::Current | Self::HighestCurrent | Self::Board => 1,
            Self::Model
            | Self::Serial
            | Self::State
            | Self::Lock
            | Self::HardwareCurrent
            | Self::Measured
            | Self::Sensor => 0,
        }
    }
}

impl Act {
    /// In the command word. One at a time: a driver takes one action per write.
    pub(super) const fn code(self) -> u16 {
        match self {
            Self::Start => 0x0008,
            Self::Stop => 0x0010,
            Self::SetHere => 0x0020,
            Self::EnableHere => 0x0400,
            Self::ObeyInterlock => 0x1000,
            Self::ObeySensor => 0x8000,
        }
    }
}
