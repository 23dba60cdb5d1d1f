//! Searching jobs.

mod dto;
mod filters;
mod log;
mod place;

use chrono::{DateTime, Utc};
use jobboard_shared::{
    jobs,
    search::{self, Search},
};
use poem::{Request, web::Data};
use poem_openapi::{OpenApi, param::Query, payload::Json};
use rust_decimal::Decimal;

use self::{
    dto::{
        ClickResponse, DistanceUnit, Facet, Facets, JobHit, SearchClick, SearchPage, SearchedQuery,
        Sort, Suggestions,
    },
    filters::{fifty, km, yearly},
    log::Logged,
};
pub(crate) use self::{filters::Filters, log::Visit};
use crate::{
    App,
    auth::Viewer,
    body::Strict,
    cached,
    jobs::dto::{AdLanguage, ExperienceLevel, JobType, SalaryPeriod, Workplace},
    paging::{Linked, PageParams},
    problem::Result,
    tags::Tag,
};

pub(crate) struct SearchApi;

#[OpenApi(prefix_path = "/api/jobs/search", tag = "Tag::Search")]
impl SearchApi {
    /// Search jobs
    ///
    /// Published jobs that have not expired. Words are found in every form that
    /// the language of the ad gives them, and with or without their accents; those
    /// with all words in the title come first, then those with them in title, skills
    /// and company. Where very many match, newer ones come before older ones that
    /// fit as well. Where few or none match, `query` names what was probably meant;
    /// where none does, the results are of that.
    #[oai(path = "/", method = "get", operation_id = "search_jobs")]
    #[expect(clippy::too_many_arguments, reason = "one for each filter")]
    async fn search(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        paging: PageParams,
        /// Words, "phrases", -exclusions and `OR` between neighbours. Any text is
        /// a query; what comes after 1,000 characters or 32 words is left out
        q: Query<Option<String>>,
        /// How to read the words: stems and stop words are those of this language. If it
        /// is left out, they are read in each language of the board
        language: Query<Option<AdLanguage>>,
        /// A city, state, country or region in any spelling, or `remote`. A place
        /// that is not known is looked for in the ads' words
        #[oai(validator(max_length = 300))]
        location: Query<Option<String>>,
        /// How far from the location's cities
        #[oai(
            default = "fifty",
            validator(minimum(value = "1"), maximum(value = "5000"))
        )]
        radius: Query<f32>,
        #[oai(name = "radius_unit", default = "km")] radius_unit: Query<DistanceUnit>,
        /// Any of these
        #[oai(name = "job_type")]
        job_type: Query<Vec<JobType>>,
        /// Any of these
        #[oai(name = "experience_level")]
        experience_level: Query<Vec<ExperienceLevel>>,
        #[oai(name = "is_remote")] is_remote: Query<Option<bool>>,
        /// Any of these
        workplace: Query<Vec<Workplace>>,
        /// Id, slug or name, any of these; the categories below are included
        #[oai(validator(max_items = 20))]
        category: Query<Vec<String>>,
        /// Id, slug or name, any of these
        #[oai(validator(max_items = 20))]
        company: Query<Vec<String>>,
        /// Id, slug or name of a skill that the job asks for, any of these
        #[oai(validator(max_items = 20))]
        skill: Query<Vec<String>>,
        /// Pay that the job may reach; the pay of jobs is counted for a whole year
        #[oai(name = "salary_min")]
        salary_min: Query<Option<Decimal>>,
        /// Pay that the job's lowest does not exceed
        #[oai(name = "salary_max")]
        salary_max: Query<Option<Decimal>>,
        /// Of the two amounts
        #[oai(name = "salary_period", default = "yearly")]
        salary_period: Query<SalaryPeriod>,
        #[oai(name = "salary_currency", validator(pattern = "^[A-Z]{3}$"))] salary_currency: Query<
            Option<String>,
        >,
        /// Whether jobs that tell no pay are among them. If it is left out, they are as
        /// long as neither `salary_min` nor `salary_max` is given
        #[oai(name = "salary_unknown")]
        salary_unknown: Query<Option<bool>>,
        #[oai(name = "posted_after")] posted_after: Query<Option<DateTime<Utc>>>,
        /// Days
        #[oai(
            name = "posted_within",
            validator(minimum(value = "1"), maximum(value = "3650"))
        )]
        posted_within: Query<Option<u16>>,
        #[oai(default = "relevance")] sort: Query<Sort>,
        /// What to count beside the page: how many jobs have which value. The counts
        /// of a fact leave out the filter over this fact itself
        facets: Query<Vec<Facet>>,
        request: &Request,
    ) -> Result<Logged<Linked<SearchPage>>> {
        let filters = Filters {
            q: q.0,
            language: language.0,
            location: location.0,
            radius: radius.0,
            radius_unit: radius_unit.0,
            job_type: job_type.0,
            experience_level: experience_level.0,
            is_remote: is_remote.0,
            workplace: workplace.0,
            category: category.0,
            company: company.0,
            skill: skill.0,
            salary_min: salary_min.0,
            salary_max: salary_max.0,
            salary_period: salary_period.0,
            salary_currency: salary_currency.0,
            salary_unknown: salary_unknown.0,
        };
        let search = Search {
            posted_after: posted_after.0,
            posted_within_days: posted_within.0,
            sort: sort.0.into(),
            ..filters.into()
        };
        // A cursor belongs to the search that it came from.
        let list = format!("search {search:?}");
        let (page, meant) = place::split(paging.paging(&app, &list)?);
        let mut query = SearchedQuery::of(&search.text, meant);
        let search = Search {
            text: query.searched.clone(),
            facets: facets.0.into_iter().map(Into::into).collect(),
            ..search
        };
        let mut tx = app.begin().await?;
        let answered = search::answer(&mut tx, app.clock.now(), &search, &page).await?;
        let noted = log::note(&app, request, &query, &page, &answered);
        let found = answered.found;
        cached::shows(found.hits.rows.iter().map(|hit| &hit.job));
        if found.hits.total.is_some() {
            cached::holds_until(jobs::db::next_expiry(&mut tx).await?);
        }
        tx.commit().await?;
        query.learn(answered.meant, answered.instead);
        let (exact, facets) = (found.total_is_exact, Facets::of(found.facets));
        let hits = place::placed(found.hits, query.instead());
        let answer = paging.answer(&app, &list, hits, JobHit::from);
        let answer = answer.map(|page| SearchPage::of(page, exact, query, facets, noted.id));
        Ok(noted.with(answer))
    }

    /// Tell which result was opened
    ///
    /// The job at a position of the results, counted from 1 over all pages. What people
    /// choose shows those who run the board how good its answers are; nothing is kept of
    /// who chose it.
    #[oai(
        path = "/clicks",
        method = "post",
        operation_id = "record_search_click"
    )]
    async fn click(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        body: Strict<SearchClick>,
    ) -> Result<ClickResponse> {
        app.searches.clicked(body.0.search_id, body.0.position);
        Ok(ClickResponse::Noted)
    }

    /// Suggest searches
    ///
    /// Titles, skills, companies and places of published jobs that begin with what
    /// was typed so far, the most used first; where few do, those that begin with what
    /// was probably meant. New names are suggested within minutes.
    #[oai(path = "/suggest", method = "get", operation_id = "suggest_searches")]
    async fn suggest(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        q: Query<String>,
    ) -> Result<Json<Suggestions>> {
        let mut conn = app.db.acquire().await?;
        let found = search::suggest(&mut conn, &q.0).await?;
        Ok(Json(Suggestions {
            results: found.into_iter().map(Into::into).collect(),
        }))
    }
}

fn relevance() -> Sort {
    Sort::Relevance
}
