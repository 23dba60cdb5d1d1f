//! What people search for, and what they do not find.

use jobboard_shared::{
    pagination::{Paging, Start},
    search::log::report::{ReportFilter, report},
};
use minijinja::{context, value::Serde};
use poem::{Request, Response, handler, web::Data};

use super::{for_admin, query};
use crate::{App, problem::Result};

/// The API lists more of them.
const MOST_SHOWN: u32 = 200;
const DAYS: [u16; 3] = [7, 30, 90];

#[handler]
pub(super) async fn page(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let asked = query(request);
        let days = asked.get("days").and_then(|days| days.parse().ok());
        let filter = ReportFilter {
            days: days.filter(|days| DAYS.contains(days)).unwrap_or(30),
            without_results: asked.get("without_results").is_some(),
        };
        let first = Paging {
            start: Start::After(None),
            size: MOST_SHOWN,
        };
        let mut conn = app.db.acquire().await?;
        let searched = report(&mut conn, filter, &first).await?;
        visit.page(
            "admin/searches.html",
            context! {
                most => MOST_SHOWN,
                all_days => DAYS,
                days => filter.days,
                without_results => filter.without_results,
                searched => Serde(searched.rows),
            },
        )
    })
    .await
}
