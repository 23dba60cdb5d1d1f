//! Who may do what: every operation, asked by everybody, of their own and of
//! foreign things. docs/ROLES.md shows the same table.
//!
//! A new operation gets one row in a file of `rows/`:
//!
//! ```text
//! row("update_company", "401 403 200/404 200/404 200", |case| async move {
//!     Ask::of(case.company().await).json(json!({"name": "New name"}))
//! }),
//! ```
//!
//! - The five columns are what anonymous visitors, freelancers, employers,
//!   verified employers and administrators are answered. `200/404` is 200 for an
//!   own thing and 404 for a foreign one; a lone number is tried with a foreign
//!   thing, where there is a thing.
//! - The closure makes what is asked for, anew for each cell, and says what is
//!   sent: ids in the order of the path, a query, a body. It must be a request
//!   that succeeds for somebody: 422 is no answer to a question of rights.
//!   `case.employer()` and `case.freelancer()` are the asker, if the thing is to be
//!   their own, and somebody else otherwise; things are made in `case.rs`.
//! - `plain("list_companies", "200 200 200 200 200")` needs neither id nor body.
//!
//! Then `JOBBOARD_WRITE_DOCS=1 cargo test --test it roles::table` writes the page.
//! While the table is tried, the setting `require_verified_employer` is on.

mod ask;
mod case;
mod rows;
mod table;

use std::{fmt, panic::Location, path::Path};

use futures::future::BoxFuture;

pub(crate) use self::{
    ask::{Ask, Operation, operations},
    case::Case,
};

/// Who asks, in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Anonymous,
    Freelancer,
    Employer,
    VerifiedEmployer,
    Admin,
}

impl Asker {
    const ALL: [Self; 5] = [
        Self::Anonymous,
        Self::Freelancer,
        Self::Employer,
        Self::VerifiedEmployer,
        Self::Admin,
    ];
}

/// Whose the thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Own,
    Foreign,
}

type Asks = Box<dyn Fn(Case) -> BoxFuture<'static, Ask> + Send + Sync>;

/// One operation.
pub(crate) struct Row {
    /// Its id in the OpenAPI document.
    operation: &'static str,
    /// Where it stands.
    at: &'static Location<'static>,
    /// What the page says beside the summary.
    note: &'static str,
    cells: Vec<Cell>,
    ask: Asks,
}

impl Row {
    /// Says on the page of what the operation is asked.
    pub(crate) fn about(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}

/// One question and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    asker: Asker,
    whose: Whose,
    status: u16,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}", self.asker, self.whose)
    }
}

/// An operation that is asked as the closure says.
#[track_caller]
pub(crate) fn row<F>(
    operation: &'static str,
    expected: &str,
    ask: impl Fn(Case) -> F + Send + Sync + 'static,
) -> Row
where
    F: Future<Output = Ask> + Send + 'static,
{
    let columns: Vec<&str> = expected.split_whitespace().collect();
    assert_eq!(columns.len(), Asker::ALL.len(), "{operation}: {expected}");
    Row {
        operation,
        at: Location::caller(),
        note: "",
        cells: Asker::ALL
            .into_iter()
            .zip(columns)
            .flat_map(|(asker, column)| cells(asker, column))
            .collect(),
        ask: Box::new(move |case| Box::pin(ask(case))),
    }
}

/// An operation that needs neither id nor body.
#[track_caller]
pub(crate) fn plain(operation: &'static str, expected: &str) -> Row {
    row(operation, expected, |_| async { Ask::default() })
}

/// The test that asks the row of an operation: each file of rows has one of its
/// own name.
pub(crate) fn driver_of(operation: &str) -> String {
    let rows = rows::all();
    let row = rows.iter().find(|row| row.operation == operation);
    let file = row.and_then(|row| Path::new(row.at.file()).file_stem());
    let file = file.unwrap_or_default().to_string_lossy();
    format!("roles::rows::{file}::{file}")
}

fn cells(asker: Asker, column: &str) -> Vec<Cell> {
    let status = |text: &str| {
        text.parse()
            .unwrap_or_else(|_| panic!("{column} is no status"))
    };
    let cell = |whose, text| Cell {
        asker,
        whose,
        status: status(text),
    };
    match column.split_once('/') {
        Some((own, foreign)) => vec![cell(Whose::Own, own), cell(Whose::Foreign, foreign)],
        None => vec![cell(Whose::Foreign, column)],
    }
}
