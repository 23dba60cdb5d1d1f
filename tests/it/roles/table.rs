//! The table is complete, and docs/ROLES.md shows it.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use super::{
    Asker, Cell, Row, Whose,
    ask::{Operation, operations},
    rows,
};

const HEAD: &str = "\
# Who may do what

Every operation of the API, and the status that each role is answered. The page is written by
`tests/it/roles/`, which asks every cell of it; an operation without a row fails the test.

- `200/404`: 200 for an own thing, 404 for a foreign one, which looks as if it did not exist.
- An *employer* is one whom no administrator has verified. Where the two employers differ, the setting
  `require_verified_employer` is the reason: it is on here. Without it both are answered alike.
- An employer's own things are those of their companies and of the companies that they work for:
  `owner` manages the company and its members, `recruiter` posts jobs, moves applications and sees the
  analytics, `reviewer` reads applications with the profiles and reviews of those who applied, rates them
  and notes things down. What a member's role does not reach is 403 `company_role_required`. Reviews are
  written by whom the job belongs to.
- Whoever is refused by role gets 403 `role_required`, whoever is not signed in 401.
- Role, verification, ratings and counters are set by no body: naming them is 422.
";

fn page(rows: &[Row]) -> String {
    let operations = operations();
    let mut chapters: BTreeMap<&str, Vec<(&Operation, &Row)>> = BTreeMap::new();
    for row in rows {
        let operation = &operations[row.operation];
        let chapter = chapters.entry(&operation.tag).or_default();
        chapter.push((operation, row));
    }
    let mut page = HEAD.to_owned();
    for (tag, mut lines) in chapters {
        lines.sort_by_key(|(operation, _)| (&operation.path, operation.method.as_str()));
        write!(
            page,
            "\n## {tag}\n\n| | | anonymous | freelancer | employer | verified employer | admin |\n|---|---|---|---|---|---|---|\n"
        )
        .unwrap();
        for (operation, row) in lines {
            let Operation {
                method,
                path,
                summary,
                ..
            } = operation;
            let note = match row.note {
                "" => String::new(),
                note => format!(" ({note})"),
            };
            write!(page, "| `{method} {path}/` | {summary}{note} |").unwrap();
            for asker in Asker::ALL {
                write!(page, " {} |", column(&row.cells, asker)).unwrap();
            }
            page.push('\n');
        }
    }
    page
}

fn column(cells: &[Cell], asker: Asker) -> String {
    let status = |whose| {
        let found = cells
            .iter()
            .find(|cell| cell.asker == asker && cell.whose == whose);
        found.map(|cell| cell.status.to_string())
    };
    [status(Whose::Own), status(Whose::Foreign)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn every_operation_has_its_row() {
    let rows = rows::all();
    let mut listed: Vec<&str> = rows.iter().map(|row| row.operation).collect();
    listed.sort_unstable();
    for pair in listed.windows(2) {
        assert_ne!(pair[0], pair[1], "has two rows");
    }
    let operations = operations();
    let mut missing: Vec<&str> = operations
        .keys()
        .map(String::as_str)
        .filter(|id| !listed.contains(id))
        .collect();
    missing.sort_unstable();
    assert!(
        missing.is_empty(),
        "operations without a row in tests/it/roles/rows/ (tests/it/roles/mod.rs says how): {missing:?}"
    );
}

#[test]
fn the_page_shows_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ROLES.md");
    let page = page(&rows::all());
    if std::env::var_os("JOBBOARD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (written, expected)) in written.lines().zip(page.lines()).enumerate() {
        assert_eq!(
            written,
            expected,
            "line {}: write it anew with JOBBOARD_WRITE_DOCS=1",
            number + 1
        );
    }
    assert_eq!(written, page, "write it anew with JOBBOARD_WRITE_DOCS=1");
}
