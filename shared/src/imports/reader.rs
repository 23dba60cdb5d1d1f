//! Rows out of a window of a file's bytes.

use serde_json::{Map, Value};

use super::{ImportFormat, MAX_ROW_BYTES};
use crate::FieldError;

/// What a row says, by column. CSV fields are strings; NDJSON keeps its types.
pub type Columns = Map<String, Value>;

/// One row and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRow {
    /// Counts from 1 in the whole file.
    pub line: i32,
    pub columns: Result<Columns, Vec<FieldError>>,
}

/// What a window gave.
#[derive(Debug, PartialEq)]
pub struct Window {
    pub rows: Vec<RawRow>,
    /// Bytes of the window that are done; the rest belongs to the next one.
    pub consumed: usize,
    /// Line ends among them.
    pub lines: i32,
}

/// The names of a CSV file's columns and the bytes that the header takes.
///
/// # Errors
/// A sentence for the person who uploaded the file.
pub fn read_csv_header(start: &[u8]) -> Result<(Vec<String>, usize), String> {
    let bom = byte_order_mark(start);
    let mut reader = csv_reader(&start[bom..]);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => {}
        Ok(false) => return Err("the file is empty: it has no header".to_owned()),
        Err(error) => return Err(format!("the header cannot be read: {error}")),
    }
    let mut names = Vec::with_capacity(record.len());
    for field in &record {
        let name = std::str::from_utf8(field).map_err(|_| "the header is not UTF-8".to_owned())?;
        if name.contains(|c: char| c.is_control() && !c.is_whitespace()) {
            return Err("the header has control characters: is this a text file?".to_owned());
        }
        names.push(name.trim().to_owned());
    }
    for (index, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..index].contains(name) {
            return Err(format!("the header names the column {name:?} twice"));
        }
    }
    Ok((names, bom + byte_of(&reader)))
}

/// Reads up to `limit` rows. `header` names the columns of a CSV file. A row that
/// the window's end cuts is left for the next window, unless it `is_end`.
pub fn read_rows(
    format: ImportFormat,
    header: &[String],
    window: &[u8],
    first_line: i32,
    is_end: bool,
    limit: usize,
) -> Window {
    let mut reading = Reading {
        window,
        is_end,
        line: first_line,
        result: Window {
            rows: Vec::new(),
            consumed: 0,
            lines: 0,
        },
    };
    match format {
        ImportFormat::Csv => while reading.csv_rows(header, limit) {},
        ImportFormat::Ndjson => while reading.result.rows.len() < limit && reading.json_row() {},
    }
    reading.result
}

type RowColumns = Result<Columns, Vec<FieldError>>;

struct Reading<'a> {
    window: &'a [u8],
    is_end: bool,
    /// Of the next byte.
    line: i32,
    result: Window,
}

impl Reading<'_> {
    /// Consumes the window up to `end`, in which a row begins at `start`.
    fn row(&mut self, start: usize, end: usize, columns: RowColumns) {
        self.consume(start);
        self.result.rows.push(RawRow {
            line: self.line,
            columns,
        });
        self.consume(end);
    }

    fn consume(&mut self, end: usize) {
        let lines = count_lines(&self.window[self.result.consumed..end]);
        self.line += lines;
        self.result.lines += lines;
        self.result.consumed = end;
    }

    /// False when the window has no further whole line.
    fn json_row(&mut self) -> bool {
        let start = self.result.consumed;
        let rest = &self.window[start..];
        if rest.is_empty() {
            return false;
        }
        let (line, end) = match rest.iter().position(|b| *b == b'\n') {
            Some(end) => (&rest[..end], start + end + 1),
            None if self.is_end => (rest, self.window.len()),
            None => return false,
        };
        let line = &line[byte_order_mark(line)..];
        if line.iter().all(u8::is_ascii_whitespace) {
            self.consume(end);
        } else if line.len() > MAX_ROW_BYTES {
            self.row(start, end, Err(too_long()));
        } else {
            self.row(start, end, json_columns(line));
        }
        true
    }

    /// True where reading must begin anew behind a broken row.
    fn csv_rows(&mut self, header: &[String], limit: usize) -> bool {
        let base = self.result.consumed;
        let mut reader = csv_reader(&self.window[base..]);
        let mut record = csv::ByteRecord::new();
        while self.result.rows.len() < limit {
            let before = base + byte_of(&reader);
            let is_row = matches!(reader.read_byte_record(&mut record), Ok(true));
            let end = (base + byte_of(&reader)).min(self.window.len());
            let start = before + blank_prefix(&self.window[before..]);
            let is_cut = end == self.window.len() && !self.is_end;
            if !is_row || start >= end {
                self.consume(if self.is_end {
                    self.window.len()
                } else {
                    start
                });
                return false;
            }
            if is_cut {
                // Blank lines before it are done; it waits for the rest of itself.
                self.consume(start);
                return false;
            }
            let row = &self.window[start..end];
            if row.len() > MAX_ROW_BYTES && has_open_quote(row) {
                // To the file's end, so that no row would be left: give up its line alone.
                let line = row.iter().position(|b| *b == b'\n');
                let end = line.map_or(end, |line| start + line + 1);
                self.row(start, end, Err(too_long()));
                return true;
            }
            if row.len() > MAX_ROW_BYTES {
                self.row(start, end, Err(too_long()));
                continue;
            }
            self.row(start, end, csv_columns(header, &record));
        }
        false
    }
}

fn json_columns(line: &[u8]) -> RowColumns {
    match serde_json::from_slice(line) {
        Ok(Value::Object(columns)) => Ok(columns),
        Ok(_) => Err(row_error(
            "invalid_type",
            "the line is not a JSON object".to_owned(),
        )),
        Err(error) => Err(row_error(
            "invalid_json",
            format!("the line is not JSON: {error}"),
        )),
    }
}

fn csv_columns(header: &[String], record: &csv::ByteRecord) -> RowColumns {
    if record.len() != header.len() {
        return Err(row_error(
            "column_count",
            format!(
                "the row has {} columns, the header {}",
                record.len(),
                header.len()
            ),
        ));
    }
    let mut columns = Columns::new();
    for (name, field) in header.iter().zip(record) {
        let text = std::str::from_utf8(field).map_err(|_| {
            vec![FieldError::new(
                name.clone(),
                "invalid_utf8",
                "the text is not UTF-8",
            )]
        })?;
        columns.insert(name.clone(), Value::String(text.to_owned()));
    }
    Ok(columns)
}

fn csv_reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes)
}

fn byte_of(reader: &csv::Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}

fn blank_prefix(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|b| matches!(b, b'\n' | b'\r'))
        .count()
}

fn has_open_quote(row: &[u8]) -> bool {
    row.iter().filter(|b| **b == b'"').count() % 2 == 1
}

fn byte_order_mark(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    }
}

/// Line ends in these bytes.
pub fn count_lines(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap_or(i32::MAX)
}

fn row_error(code: &'static str, message: String) -> Vec<FieldError> {
    vec![FieldError::new("", code, message)]
}

fn too_long() -> Vec<FieldError> {
    row_error(
        "too_long",
        format!("the row is longer than {MAX_ROW_BYTES} bytes; is a quote left open?"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: [&str; 2] = ["title", "company"];

    fn header() -> Vec<String> {
        HEADER.map(str::to_owned).to_vec()
    }

    /// Reads a file through windows of `size` bytes, as the task does.
    fn read_all(format: ImportFormat, file: &[u8], size: usize) -> Vec<RawRow> {
        let (mut byte, mut line, mut rows, mut window) = (0, 1, Vec::new(), size);
        while byte < file.len() {
            let end = (byte + window).min(file.len());
            let got = read_rows(
                format,
                &header(),
                &file[byte..end],
                line,
                end == file.len(),
                usize::MAX,
            );
            window = if got.consumed == 0 { window * 2 } else { size };
            byte += got.consumed;
            line += got.lines;
            rows.extend(got.rows);
        }
        rows
    }

    #[test]
    fn a_header_is_read_past_its_byte_order_mark() {
        let (names, used) = read_csv_header(b"\xef\xbb\xbftitle, company \r\na,b\r\n").unwrap();
        assert_eq!(names, HEADER);
        // The line feed after a carriage return counts as a blank line.
        assert_eq!(used, b"\xef\xbb\xbftitle, company \r".len());
        assert!(read_csv_header(b"").is_err());
        assert!(read_csv_header(b"a,a\n").unwrap_err().contains("twice"));
    }

    #[test]
    fn rows_know_their_lines() {
        let file = b"a,b\n\n\"two\nlines\",c\nonly\nd,e";
        let rows = read_all(ImportFormat::Csv, file, 4);
        let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 3, 5, 6]);
        assert_eq!(rows[1].columns.as_ref().unwrap()["title"], "two\nlines");
        assert_eq!(
            rows[2].columns.as_ref().unwrap_err()[0].code,
            "column_count"
        );
    }

    #[test]
    fn a_broken_json_line_costs_itself_alone() {
        let file = b"{\"title\":\"a\"}\n\n{oops\n[1]\n{\"title\":\"b\"}";
        let rows = read_all(ImportFormat::Ndjson, file, 5);
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.line,
                    row.columns
                        .as_ref()
                        .map_err(|e| e[0].code.as_ref().to_owned())
                        .is_ok(),
                )
            })
            .collect();
        assert_eq!(seen, [(1, true), (3, false), (4, false), (5, true)]);
    }

    #[test]
    fn an_open_quote_costs_its_line_alone() {
        let mut file = b"a,b\n\"open,c\n".to_vec();
        for _ in 0..(MAX_ROW_BYTES / 4 + 1) {
            file.extend_from_slice(b"d,e\n");
        }
        let rows = read_all(ImportFormat::Csv, &file, 4096);
        assert_eq!(rows.len(), MAX_ROW_BYTES / 4 + 3);
        assert_eq!(rows[1].columns.as_ref().unwrap_err()[0].code, "too_long");
        assert!(rows[2].columns.is_ok());
    }

    #[test]
    fn a_long_cell_costs_its_row_alone_whatever_it_holds() {
        let cell = "x,smuggled\n".repeat(MAX_ROW_BYTES / 10);
        let file = format!("a,b\n\"{cell}\",c\nd,e\n");
        let rows = read_all(ImportFormat::Csv, file.as_bytes(), 4096);
        let good: Vec<_> = rows.iter().map(|row| row.columns.is_ok()).collect();
        assert_eq!(good, [true, false, true]);
        let line = format!("{{\"title\":\"{}\"}}", "x".repeat(3 * MAX_ROW_BYTES));
        let rows = read_all(
            ImportFormat::Ndjson,
            format!("{line}\n{{}}\n").as_bytes(),
            4096,
        );
        let good: Vec<_> = rows.iter().map(|row| row.columns.is_ok()).collect();
        assert_eq!(good, [false, true]);
    }

    #[test]
    fn blank_lines_are_always_done() {
        let blank = b"\n".repeat(5000);
        let read = read_rows(ImportFormat::Csv, &header(), &blank, 1, false, 10);
        assert_eq!(
            (read.rows.len(), read.consumed, read.lines),
            (0, 5000, 5000)
        );
        let mut cut = blank.clone();
        cut.extend_from_slice(b"a,b");
        let read = read_rows(ImportFormat::Csv, &header(), &cut, 1, false, 10);
        assert_eq!((read.rows.len(), read.consumed), (0, 5000));
    }

    #[test]
    fn a_header_of_binary_is_refused() {
        assert!(read_csv_header(b"title,\x00company\n").is_err());
    }

    proptest! {
        #[test]
        fn the_size_of_windows_does_not_matter(
            file in prop::collection::vec(prop::sample::select(b"a,\"\n\r{}: \xff".to_vec()), 0..200),
            size in 1_usize..50,
        ) {
            for format in [ImportFormat::Csv, ImportFormat::Ndjson] {
                prop_assert_eq!(read_all(format, &file, size), read_all(format, &file, 10_000));
            }
        }
    }
}
