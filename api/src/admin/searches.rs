//! What people search for, for those who run the board.

use chrono::NaiveDate;
use jobboard_shared::search::log::report::{self, ReportFilter, SearchedWords};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query};

use crate::{
    App,
    auth::Admin,
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct SearchesApi;

/// Words that were searched for, with whatever filters
#[derive(Debug, Object)]
struct Searched {
    /// Lower case, without accents and most signs
    words: String,
    searches: i64,
    /// About; who asked on several days counts for each
    visitors: i64,
    /// What was found the last time, under the filters that found most; those of a
    /// page where there were more
    results: i32,
    /// Jobs that were opened from the results
    clicks: i64,
    /// Where in the results they stood, from 1; null where none was opened
    mean_position: Option<f64>,
    /// The last day (UTC)
    last_on: NaiveDate,
}

impl From<SearchedWords> for Searched {
    fn from(searched: SearchedWords) -> Self {
        Self {
            words: searched.words,
            searches: searched.searches,
            visitors: searched.visitors,
            results: searched.results,
            clicks: searched.clicks,
            mean_position: searched.mean_position,
            last_on: searched.last_on,
        }
    }
}

#[OpenApi(prefix_path = "/api/admin/searches", tag = "Tag::Administration")]
impl SearchesApi {
    /// List what people search for
    ///
    /// The most frequent first. The log holds no accounts and no addresses, and nothing
    /// that looks like an email address or a telephone number; it forgets after 90 days.
    #[oai(path = "/", method = "get", operation_id = "list_searches")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        /// Today and the days before it (UTC)
        #[oai(
            default = "thirty",
            validator(minimum(value = "1"), maximum(value = "90"))
        )]
        days: Query<u16>,
        /// Only searches that found nothing the last time
        #[oai(name = "without_results", default)]
        without_results: Query<bool>,
    ) -> Result<Paged<Searched>> {
        let list = format!("searches {} {}", days.0, without_results.0);
        let page = paging.0.paging(&app, &list)?;
        let filter = ReportFilter {
            days: days.0,
            without_results: without_results.0,
        };
        let mut conn = app.db.acquire().await?;
        let slice = report::report(&mut conn, filter, &page).await?;
        Ok(paging.0.answer(&app, &list, slice, Searched::from))
    }
}

fn thirty() -> u16 {
    30
}
