//! Jobs and applications for other programs.

use crate::roles::{Row, ask::hold, plain};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("export_jobs", "401 403 200 200 200"),
        plain("export_applications", "401 403 200 200 200"),
    ]
}

#[tokio::test]
async fn exports() {
    hold(rows()).await;
}
