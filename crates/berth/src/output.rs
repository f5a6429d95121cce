//! The one place that writes to stdout and stderr, log lines apart.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use serde::Serialize;

/// Writes `text` and a line end to stdout. That nobody reads it any more, as in `berth openapi | head`, is
/// no error.
pub(crate) fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.trim_end_matches('\n').as_bytes()).and_then(|()| out.write_all(b"\n"));
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes `value` to stdout as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    text(&serde_json::to_string(value)?)
}

/// Writes `value` to stdout as JSON for people.
pub(crate) fn pretty_json(value: &impl Serialize) -> io::Result<()> {
    text(&serde_json::to_string_pretty(value)?)
}

/// Writes an answer to stdout: as one line of JSON where `--json` asks for that, else as text for people.
pub(crate) fn either(json: bool, value: &impl Serialize, words: impl FnOnce() -> String) -> io::Result<()> {
    if json { self::json(value) } else { text(&words()) }
}

/// Says to stderr what went wrong and what lies behind it.
pub(crate) fn error(error: &anyhow::Error) {
    let mut message = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        writeln!(message, "  because: {cause}").expect("writing to a string");
    }
    complaint(&message);
}

/// Writes to stderr; nothing can be done when that fails.
pub(crate) fn complaint(message: &str) {
    let _ = io::stderr().lock().write_all(message.as_bytes());
}

/// Rows under headings, in columns as wide as their widest cell.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut table = String::new();
    let mut add = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            write!(line, "{cell:width$}  ").expect("writing to a string");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    };
    add(headings);
    for row in rows {
        add(row.each_ref().map(String::as_str));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1".to_owned(), "Zoë".to_owned()], ["23".to_owned(), "x".to_owned()]];
        assert_eq!(table(["ID", "NAME"], &rows), "ID  NAME\n1   Zoë\n23  x\n");
    }
}
