//! Where a sealed value is stored; part of what is authenticated.

use std::fmt;

/// One field of one row. A value sealed for one location doesn't open at another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    table: &'static str,
    row: String,
    field: &'static str,
}

impl Location {
    /// Such as `Location::new("cloud_account", id, "secret_key")`. `row` must never be given to another
    /// row, and all three must stay as they are for as long as the value is stored.
    pub fn new(table: &'static str, row: impl fmt::Display, field: &'static str) -> Self {
        Self { table, row: row.to_string(), field }
    }

    /// The parts, each after its length in bytes: two locations never encode alike.
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        for part in [self.table, &self.row, self.field] {
            push_part(into, part.as_bytes());
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} {}", self.field, self.table, self.row)
    }
}

/// Appends `part` after its length, so that joined parts can't be split in another way.
pub(crate) fn push_part(into: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).expect("no name is 4 GiB long");
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifting_text_between_parts_changes_the_encoding() {
        let encoded = |location: Location| {
            let mut bytes = Vec::new();
            location.encode(&mut bytes);
            bytes
        };
        assert_ne!(encoded(Location::new("a", "bc", "d")), encoded(Location::new("a", "b", "cd")));
        assert_ne!(encoded(Location::new("ab", "c", "d")), encoded(Location::new("a", "bc", "d")));
    }
}
