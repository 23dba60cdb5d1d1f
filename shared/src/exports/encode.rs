//! Rows as text.

use serde_json::{Map, Value};

use super::Export;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// What stands before the first row.
    pub fn header(self, export: Export) -> Vec<u8> {
        match self {
            Self::Csv => csv_lines([export.columns().map(str::to_owned).collect()]),
            Self::Ndjson => Vec::new(),
        }
    }

    pub fn encode(self, export: Export, rows: Vec<Vec<Value>>) -> Vec<u8> {
        match self {
            Self::Csv => csv_lines(
                rows.into_iter()
                    .map(|row| row.into_iter().map(cell).collect()),
            ),
            Self::Ndjson => {
                let mut text = String::new();
                for row in rows {
                    let names = export.columns().map(str::to_owned);
                    let object = Value::Object(names.zip(row).collect::<Map<_, _>>());
                    text.push_str(&object.to_string());
                    text.push('\n');
                }
                text.into_bytes()
            }
        }
    }
}

fn csv_lines(lines: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for line in lines {
        // Memory takes whatever it is given, in lines of any length.
        let _ = writer.write_record(&line);
    }
    writer.into_inner().unwrap_or_default()
}

fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => neutral(text),
        other => other.to_string(),
    }
}

/// A spreadsheet takes a cell that begins like this for a formula and runs it,
/// whoever wrote it.
fn neutral(text: String) -> String {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(begins) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for (text, shown) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("＝1+1", "'＝1+1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(cell(json!(text)), shown);
        }
        assert_eq!(cell(json!(-1)), "-1");
        assert_eq!(cell(Value::Null), "");
        assert_eq!(cell(json!(["a"])), "[\"a\"]");
    }

    #[test]
    fn what_people_write_stays_in_its_cell() {
        let lines = csv_lines([vec!["a, \"b\"\r\nc".to_owned(), "d".to_owned()]]);
        assert_eq!(lines, b"\"a, \"\"b\"\"\r\nc\",d\r\n");
    }

    #[test]
    fn an_object_a_line_names_every_column() {
        let columns: Vec<&str> = Export::Jobs.columns().collect();
        let row = vec![json!("x\ny"); columns.len()];
        let text = Format::Ndjson.encode(Export::Jobs, vec![row.clone(), row]);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().count(), 2);
        let object: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(object.as_object().unwrap().len(), columns.len());
    }
}
