//! Which documents match: the conditions of a search in SQL.

use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};

use crate::search::{
    conditions::Conditions,
    layout,
    locality::{Ring, Vicinity},
    span::Span,
    tokens,
};

/// Scores are whole numbers, which a cursor carries exactly.
pub(in crate::search) const SCORE_ONE: i32 = 1_000_000;

/// Where the words were found: each document that matches is in one of the
/// first three, and what is in an earlier one comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// All of them in the title.
    Heading,
    /// In title, skills and company.
    Title,
    /// Some of them elsewhere in the ad.
    Text,
    /// Anywhere, told apart.
    All,
    /// Anywhere, taken as one.
    None,
}

impl Tier {
    pub(super) fn number(self) -> i16 {
        match self {
            Self::Heading => 0,
            Self::Title => 1,
            Self::Text | Self::All | Self::None => 2,
        }
    }

    pub(super) fn of_number(number: i16) -> Self {
        match number {
            0 => Self::Heading,
            1 => Self::Title,
            _ => Self::Text,
        }
    }

    /// The one after it in the order of relevance.
    pub(in crate::search) fn next(self) -> Option<Self> {
        match self {
            Self::Heading => Some(Self::Title),
            Self::Title => Some(Self::Text),
            Self::Text | Self::All | Self::None => None,
        }
    }
}

/// A part of all that match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::search) struct Part {
    pub(in crate::search) tier: Tier,
    pub(in crate::search) span: Span,
}

/// The number of the tier that a document of the part is in.
pub(super) fn push_tier(query: &mut QueryBuilder<Postgres>, conditions: &Conditions, tier: Tier) {
    if tier != Tier::All {
        query.push_bind(tier.number()).push("::smallint");
        return;
    }
    query.push("(case when ");
    push_heading(query, conditions);
    query.push(" then 0 when ");
    push_text_match(query, "d.title_vec", conditions.query.meant.as_deref());
    query.push(" then 1 else 2 end)::smallint");
}

/// ` from job_search_documents d where ...`
pub(super) fn push_matches(
    query: &mut QueryBuilder<Postgres>,
    conditions: &Conditions,
    part: Part,
) {
    // In a subquery, for a function in a filter runs once a row.
    query.push(
        " from job_search_documents d
          where (d.expires_at is null or d.expires_at > (select app_now()))",
    );
    push_words(query, conditions, part.tier);
    for group in &conditions.groups {
        query
            .push(" and d.tokens && ")
            .push_bind(group.tokens.clone());
    }
    if !conditions.skill_ids.is_empty() {
        query.push(" and d.job_id in (select job_id from job_skills where skill_id = any(");
        query.push_bind(conditions.skill_ids.clone()).push("))");
    }
    push_span(query, conditions, part.span);
    push_vicinity(query, conditions);
    if let Some(amount) = conditions.pays_at_least {
        query.push(" and (coalesce(d.yearly_salary_max, d.yearly_salary_min) >= ");
        query.push_bind(amount);
        push_or_unknown(query, conditions);
    }
    if let Some(amount) = conditions.starts_at_most {
        query.push(" and (coalesce(d.yearly_salary_min, d.yearly_salary_max) <= ");
        query.push_bind(amount);
        push_or_unknown(query, conditions);
    }
}

fn push_or_unknown(query: &mut QueryBuilder<Postgres>, conditions: &Conditions) {
    if conditions.or_unknown {
        query.push(" or coalesce(d.yearly_salary_min, d.yearly_salary_max) is null");
    }
    query.push(")");
}

fn push_words(query: &mut QueryBuilder<Postgres>, conditions: &Conditions, tier: Tier) {
    let asked = &conditions.query;
    if conditions.layout >= layout::MARKS_IN_ADS {
        match asked.of_tier(tier).as_slice() {
            [] => {}
            [one] => {
                query.push(" and ");
                push_text_match(query, "d.vec", Some(one));
            }
            // One scan of the index after the other, whatever their number.
            each => {
                query.push(" and d.vec @@ any ((select ");
                query
                    .push_bind(each.to_vec())
                    .push("::text[]::tsquery[])::tsquery[])");
            }
        }
        if asked.is_rough() {
            push_named(query, conditions, tier);
        }
    } else {
        push_named(query, conditions, tier);
        // The whole ad holds what its title does: only exclusions say more.
        let in_title = matches!(tier, Tier::Heading | Tier::Title) && asked.meant.is_some();
        if let Some(whole) = asked
            .whole()
            .filter(|_| !in_title || asked.without.is_some())
        {
            query.push(" and ");
            push_text_match(query, "d.vec", Some(&whole));
        }
    }
    if let Some(place) = &conditions.place {
        query.push(" and ");
        push_text_match(query, "d.vec", Some(place));
    }
}

/// The tier by what stands in title, skills and company.
fn push_named(query: &mut QueryBuilder<Postgres>, conditions: &Conditions, tier: Tier) {
    let Some(meant) = conditions.query.meant.as_deref() else {
        return;
    };
    match tier {
        Tier::Heading => {
            query.push(" and ");
            push_heading(query, conditions);
        }
        Tier::Title => {
            query.push(" and ");
            push_text_match(query, "d.title_vec", Some(meant));
            query.push(" and not (");
            push_heading(query, conditions);
            query.push(")");
        }
        Tier::Text => {
            query.push(" and not ");
            push_text_match(query, "d.title_vec", Some(meant));
        }
        Tier::All | Tier::None => {}
    }
}

/// Marks have no places, so phrases are looked up beside them.
fn push_heading(query: &mut QueryBuilder<Postgres>, conditions: &Conditions) {
    push_text_match(query, "d.title_vec", conditions.query.marked.as_deref());
    if conditions.query.has_phrase {
        query.push(" and ");
        push_text_match(query, "d.title_vec", conditions.query.meant.as_deref());
    }
}

fn push_text_match(query: &mut QueryBuilder<Postgres>, vector: &'static str, asked: Option<&str>) {
    query.push("(").push(vector).push(" @@ ");
    push_tsquery(query, Some(asked.unwrap_or_default()));
    query.push(")");
}

/// In a subquery, which is read once: without, each row reads the text anew, which takes
/// longer than all else that a row costs.
pub(super) fn push_tsquery(query: &mut QueryBuilder<Postgres>, asked: Option<&str>) {
    query.push("(select ").push_bind(asked.map(str::to_owned));
    query.push("::text::tsquery)");
}

fn push_span(query: &mut QueryBuilder<Postgres>, conditions: &Conditions, span: Span) {
    let from = span.from.max(conditions.posted_after);
    let slots = from.and_then(|from| tokens::cover(from, span.last(conditions.as_of)));
    // Slots are looked up with the words. `is true` keeps the planner from reading the
    // index of the dates as well, which costs more than all the rest.
    let beside = if conditions.narrow() {
        ") is true"
    } else {
        ")"
    };
    if let Some(from) = from {
        query.push(" and (d.published_at >= ").push_bind(from);
        query.push(beside);
    }
    if let Some(slots) = slots {
        query.push(" and d.tokens && ").push_bind(slots);
    }
    if let Some(to) = span.to {
        query.push(" and (d.published_at < ").push_bind(to);
        query.push(beside);
    }
}

fn push_vicinity(query: &mut QueryBuilder<Postgres>, conditions: &Conditions) {
    let Some(near) = &conditions.near else {
        return;
    };
    match near.ring {
        Ring::All => {}
        Ring::Tenths(from, to) => {
            query
                .push(" and (select min(km) <= ")
                .push_bind(near.bound_km());
            query
                .push(" and floor(min(km) * 10) between ")
                .push_bind(from);
            query.push(" and ").push_bind(near.bound_tenths(to));
            query.push(" from ");
            push_km_away(query, near);
            query.push(")");
            return;
        }
        Ring::Beyond => {
            query
                .push(" and d.tokens && ")
                .push_bind(near.areas.clone());
            query
                .push(" and (select min(km) <= ")
                .push_bind(near.radius_km);
            query.push(" from ");
            push_km_away(query, near);
            query.push(") is not true");
            return;
        }
    }
    if let Some(tokens) = &near.tokens {
        query.push(" and d.tokens && ").push_bind(tokens.clone());
    }
    if !near.points.is_empty() && !near.is_exact {
        query
            .push(" and ((select min(km) <= ")
            .push_bind(near.radius_km);
        query.push(" from ");
        push_km_away(query, near);
        query.push(")");
        if !near.areas.is_empty() {
            query.push(" or d.tokens && ").push_bind(near.areas.clone());
        }
        query.push(")");
    }
}

/// A row with `km` for each place of the job and each that is asked for: what
/// `any_within_km` computes, at a seventh of the cost, for a function in SQL with a
/// subquery is called for each row.
pub(super) fn push_km_away(query: &mut QueryBuilder<Postgres>, near: &Vicinity) {
    let (lats, lons): (Vec<f32>, Vec<f32>) = near.points.iter().copied().unzip();
    query.push(
        "(select 12742 * asin(sqrt(least(1, sin(radians(b.lat - a.lat) / 2) ^ 2
                  + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(radians(b.lon - a.lon) / 2) ^ 2
              ))) as km
          from unnest(d.lats, d.lons) a (lat, lon), unnest(",
    );
    query.push_bind(lats).push(", ").push_bind(lons);
    query.push(") b (lat, lon)) away");
}
