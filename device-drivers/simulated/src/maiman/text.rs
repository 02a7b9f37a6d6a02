//! The line in text, as the manuals describe it: `P`, `J`, `K` and `E`, ended by CR.

use super::{Maiman, Refused};

/// More than this without a CR is thrown away.
const LINE_MAX: usize = 32;

impl Maiman {
    pub(super) fn receive_text(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte != b'\r' {
                self.input.push(*byte);
                if self.input.len() > LINE_MAX {
                    self.input.clear();
                    self.reply(b"E0000\r".to_vec());
                }
                continue;
            }
            let line = std::mem::take(&mut self.input);
            self.obey_line(&line);
        }
    }

    fn obey_line(&mut self, line: &[u8]) {
        if !self.is_heard() {
            return;
        }
        let text = String::from_utf8_lossy(line).into_owned();
        let answer = match (text.get(..1), text.get(1..5), text.get(5..)) {
            (Some("J"), Some(parameter), Some("")) => self.tell(parameter),
            (Some("P"), Some(parameter), Some(rest)) => self.take(parameter, rest),
            _ => Some("E0000".to_owned()),
        };
        if let Some(answer) = answer {
            self.reply(format!("{answer}\r").into_bytes());
        }
    }

    fn tell(&mut self, parameter: &str) -> Option<String> {
        let Ok(parameter) = u16::from_str_radix(parameter, 16) else {
            return Some("E0001".to_owned());
        };
        Some(match self.read(parameter) {
            Some(value) => format!("K{parameter:04X} {value:04X}"),
            None => "K0000 0000".to_owned(),
        })
    }

    /// Nothing answers what was obeyed.
    fn take(&mut self, parameter: &str, rest: &str) -> Option<String> {
        let value = rest.strip_prefix(' ').filter(|value| value.len() == 4);
        let value = value.and_then(|value| u16::from_str_radix(value, 16).ok());
        let (Ok(parameter), Some(value)) = (u16::from_str_radix(parameter, 16), value) else {
            return Some("E0001".to_owned());
        };
        match self.write(parameter, value) {
            Ok(()) | Err(Refused::Value) => None,
            Err(Refused::Absent) => Some("K0000 0000".to_owned()),
        }
    }
}
