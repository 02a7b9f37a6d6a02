//! The line in Modbus RTU: functions 03 and 06, silence to what is damaged or for somebody else.

use super::{Maiman, Refused};

/// Bytes further apart than this belong to different frames.
const SILENCE_NS: u64 = 1_750_000;
/// Questions and commands of both functions are as long as this.
const LENGTH: usize = 8;

/// The parameters behind the addresses of the vendor's register table.
const TABLE: [(u16, u16); 18] = [
    (0x0001, 0x0702),
    (0x0003, 0x0701),
    (0x0004, 0x0700),
    (0x0005, 0x0800),
    (0x0006, 0x0100),
    (0x0007, 0x0200),
    (0x0008, 0x0300),
    (0x0024, 0x0301),
    (0x0025, 0x0302),
    (0x0029, 0x0306),
    (0x002A, 0x0308),
    (0x0040, 0x0307),
    (0x0041, 0x0407),
    (0x0042, 0x0AE4),
    (0x0043, 0x0AF4),
    (0x0020, 0x0100),
    (0x0021, 0x0100),
    (0x0022, 0x0200),
];

impl Maiman {
    pub(super) fn receive_rtu(&mut self, address: u8, bytes: &[u8]) {
        if self.input_ns + SILENCE_NS <= self.now_ns {
            self.input.clear();
        }
        self.input.extend(bytes);
        if self.input.len() < LENGTH {
            return;
        }
        let frame = std::mem::take(&mut self.input);
        let Some((body, guard)) = frame.split_last_chunk::<2>() else { return };
        let whole = frame.len() == LENGTH && crc(body).to_le_bytes() == *guard;
        if !whole || body.first() != Some(&address) || !self.is_heard() {
            return;
        }
        let [_, function, a, b, c, d] = *body else { return };
        let (at, value) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let mut reply = vec![address];
        match self.obey_frame(function, at, value) {
            Ok(body) => {
                reply.push(function);
                reply.extend(body);
            }
            Err(code) => reply.extend([function | 0x80, code]),
        }
        reply.extend(crc(&reply).to_le_bytes());
        self.reply(reply);
    }

    fn obey_frame(&mut self, function: u8, at: u16, value: u16) -> Result<Vec<u8>, u8> {
        match function {
            0x03 if (1..=125).contains(&value) => {
                let mut body = vec![u8::try_from(value * 2).map_err(|_| 3)?];
                for at in at..at.saturating_add(value) {
                    body.extend(
                        parameter(at).and_then(|own| self.read(own)).ok_or(2)?.to_be_bytes(),
                    );
                }
                Ok(body)
            }
            0x03 => Err(3),
            0x06 => match self.write(parameter(at).ok_or(2)?, value) {
                Ok(()) => Ok([at.to_be_bytes(), value.to_be_bytes()].concat()),
                Err(Refused::Absent) => Err(2),
                Err(Refused::Value) => Err(3),
            },
            _ => Err(1),
        }
    }
}

fn parameter(at: u16) -> Option<u16> {
    TABLE.iter().find(|(address, _)| *address == at).map(|(_, parameter)| *parameter)
}

/// The checksum of the serial line specification, bit by bit.
fn crc(bytes: &[u8]) -> u16 {
    let shift = |crc: u16| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
    bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), |crc, _| shift(crc)))
}
