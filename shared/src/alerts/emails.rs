//! What the mails about alerts say, read when they are sent.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::db::deliveries::{Line, lines};
use crate::Result;

/// Lines of one alert in one mail; the rest is told as a number.
const LINES: i64 = 10;

/// New jobs, by the alerts that they match.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeliveryFacts {
    pub alerts: Vec<AlertFacts>,
    /// Lines of all alerts, those left out with them.
    pub jobs: i64,
    /// Of the first line.
    pub first_title: String,
    pub first_company: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertFacts {
    pub alert_id: Uuid,
    pub name: String,
    /// Where this alert alone is stopped; empty until [`DeliveryFacts::with_links`].
    pub stop_url: String,
    /// At most ten.
    pub jobs: Vec<JobFacts>,
    /// What is left out.
    pub more: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobFacts {
    pub job_id: Uuid,
    pub title: String,
    pub company_name: String,
    /// May be empty.
    pub location: String,
    /// How often the company has posted it.
    pub postings: i64,
}

/// `None` when none of the jobs is open any more, or the alerts are gone or paused.
pub async fn delivery_facts(
    conn: &mut PgConnection,
    delivery_id: Uuid,
) -> Result<Option<DeliveryFacts>> {
    let lines = lines(conn, delivery_id, LINES).await?;
    let Some(first) = lines.first() else {
        return Ok(None);
    };
    let (first_title, first_company) = (first.title.clone(), first.company_name.clone());
    let mut alerts: Vec<AlertFacts> = Vec::new();
    for line in lines {
        match alerts.last_mut() {
            Some(alert) if alert.alert_id == line.alert_id => alert.add(line),
            _ => {
                let mut alert = AlertFacts {
                    alert_id: line.alert_id,
                    name: line.alert_name.clone(),
                    stop_url: String::new(),
                    jobs: vec![],
                    more: line.of_alert,
                };
                alert.add(line);
                alerts.push(alert);
            }
        }
    }
    let shown = |alert: &AlertFacts| i64::try_from(alert.jobs.len()).unwrap_or(LINES);
    Ok(Some(DeliveryFacts {
        jobs: alerts.iter().map(|alert| shown(alert) + alert.more).sum(),
        alerts,
        first_title,
        first_company,
    }))
}

impl DeliveryFacts {
    /// With the link that stops each alert.
    pub fn with_links(mut self, link: impl Fn(Uuid) -> String) -> Self {
        for alert in &mut self.alerts {
            alert.stop_url = link(alert.alert_id);
        }
        self
    }
}

impl AlertFacts {
    fn add(&mut self, line: Line) {
        self.more -= 1;
        self.jobs.push(JobFacts {
            job_id: line.job_id,
            title: line.title,
            company_name: line.company_name,
            location: line.location,
            postings: line.postings,
        });
    }
}
