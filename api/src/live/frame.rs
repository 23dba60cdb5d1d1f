//! What goes over a live connection.

use jobboard_shared::{live::ImportProgress, notifications::Notification};
use poem_openapi::types::ToJSON;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::notifications::NotificationView;

/// One event.
pub(super) struct Frame {
    /// Of what follows in order: the notification's number.
    id: Option<i64>,
    event: &'static str,
    data: Value,
    /// The notification that it carries.
    pub(super) notification: Option<Uuid>,
}

impl Frame {
    /// The first of a connection: after which number it goes on.
    pub(super) fn hello(last: i64, heartbeat_seconds: u64) -> Self {
        Self {
            id: Some(last),
            event: "hello",
            data: json!({"heartbeat_seconds": heartbeat_seconds}),
            notification: None,
        }
    }

    pub(super) fn notification(notification: Notification) -> Self {
        Self {
            id: Some(notification.number),
            event: match notification.kind.as_str() {
                "message_received" => "message",
                _ => "notification",
            },
            notification: Some(notification.id),
            data: NotificationView::from(notification)
                .to_json()
                .unwrap_or(Value::Null),
        }
    }

    /// How far an import is. Has no id: only the latest counts.
    pub(super) fn import(import: &ImportProgress) -> Self {
        Self {
            id: None,
            event: "import",
            data: json!({
                "id": import.id,
                "status": import.status,
                "rows_done": import.rows_done,
                "failed": import.failed_count,
                "file_bytes": import.file_bytes,
                "bytes_done": import.bytes_done,
                "created_at": import.created_at,
            }),
            notification: None,
        }
    }

    /// As a message of a WebSocket.
    pub(super) fn to_message(&self) -> String {
        let mut message = json!({"event": self.event, "data": self.data});
        if let Some(id) = self.id {
            message["id"] = id.into();
        }
        message.to_string()
    }

    /// As an event of an event stream. JSON has no line breaks.
    pub(super) fn to_event(&self) -> String {
        let id = self.id.map_or(String::new(), |id| format!("id: {id}\n"));
        format!("{id}event: {}\ndata: {}\n\n", self.event, self.data)
    }
}
