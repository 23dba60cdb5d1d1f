//! What administrators decide.

use serde_json::json;

use crate::roles::{Ask, Row, ask::hold, plain, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("get_settings", "401 403 403 403 200"),
        row("update_settings", "401 403 403 403 200", |_| async {
            Ask::default().json(json!({"max_saved_jobs": 500}))
        }),
        plain("list_setting_changes", "401 403 403 403 200"),
    ]
}

#[tokio::test]
async fn administration() {
    hold(rows()).await;
}
