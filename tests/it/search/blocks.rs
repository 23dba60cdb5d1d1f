//! Where many match, they are read in blocks of time; few stand for many here.

use std::{collections::BTreeSet, time::Duration};

use jobboard_shared::{
    pagination::{Paging, Start},
    search::{self, Effort, Found, Search, SearchCursor, Sort},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::publish;
use crate::support::{Client, TestApp};

/// Blocks of three to begin with.
const SMALL: Effort = Effort {
    all: 4,
    block: 3,
    tiers: true,
};
/// Everything is ranked.
const WHOLE: Effort = Effort {
    all: 10_000,
    block: 1,
    tiers: true,
};

async fn look(
    app: &TestApp,
    effort: Effort,
    search: &Search,
    start: Start<SearchCursor>,
    size: u32,
) -> Found {
    let mut tx = app.db.begin().await.expect("begin");
    let paging = Paging { start, size };
    let found = search::find_with(effort, &mut tx, app.clock.now(), search, &paging)
        .await
        .expect("find");
    tx.commit().await.expect("commit");
    found
}

fn titles(found: &Found) -> Vec<String> {
    let rows = found.hits.rows.iter();
    rows.map(|hit| hit.job.title.clone()).collect()
}

/// All pages by cursor; `between` runs after each.
async fn walk(
    app: &TestApp,
    effort: Effort,
    search: &Search,
    size: u32,
    mut between: impl AsyncFnMut(usize),
) -> Vec<String> {
    let (mut all, mut cursor) = (vec![], None);
    loop {
        let found = look(app, effort, search, Start::After(cursor), size).await;
        assert!(found.hits.rows.len() <= size as usize);
        all.extend(titles(&found));
        cursor = found.hits.next;
        if cursor.is_none() {
            return all;
        }
        // As it comes back from a client.
        let text = serde_json::to_string(&cursor).expect("write");
        assert!(text.len() < 150, "{text}");
        cursor = serde_json::from_str(&text).expect("read");
        between(all.len()).await;
    }
}

async fn pages(app: &TestApp, effort: Effort, search: &Search, size: u32) -> Vec<String> {
    let mut all = vec![];
    for page in 1.. {
        let found = look(app, effort, search, Start::Page(page), size).await;
        let titles = titles(&found);
        if titles.is_empty() {
            return all;
        }
        all.extend(titles);
    }
    all
}

fn asking(text: &str) -> Search {
    Search {
        text: text.to_owned(),
        ..Search::default()
    }
}

/// Publishes a job that is so many hours old.
async fn aged(app: &TestApp, employer: &Client, title: &str, hours: i32, more: Value) -> Uuid {
    let id = publish(employer, title, more).await;
    sqlx::query(
        "update jobs set published_at = app_now() - make_interval(hours => $2), expires_at = null
         where id = $1",
    )
    .bind(id)
    .bind(hours)
    .execute(&app.db)
    .await
    .expect("age the job");
    id
}

/// Thirty jobs over two months: a third each has the word in its title, among its
/// skills, in its text.
async fn board(app: &TestApp, employer: &Client) {
    for number in 0..30 {
        let hours = number * number * 2;
        let (title, more) = match number % 3 {
            0 => (format!("Welder {number}"), json!({})),
            1 => (format!("Skill {number}"), json!({"skills": ["Welder"]})),
            _ => (
                format!("Text {number}"),
                json!({"description": "Works beside a welder."}),
            ),
        };
        aged(app, employer, &title, hours, more).await;
    }
    aged(app, employer, "Other", 5, json!({})).await;
    app.drain_tasks().await;
}

#[tokio::test]
async fn blocks_give_every_match_once_title_before_skill_before_text() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    board(&app, &employer).await;
    let search = asking("welder");
    let whole = walk(&app, WHOLE, &search, 7, async |_| {}).await;
    for size in [1, 4, 100] {
        let all = walk(&app, SMALL, &search, size, async |_| {}).await;
        assert_eq!(all.len(), 30, "{all:?}");
        for (at, kind) in ["Welder", "Skill", "Text"].into_iter().enumerate() {
            let tier = &all[at * 10..at * 10 + 10];
            assert!(tier.iter().all(|title| title.starts_with(kind)), "{all:?}");
        }
        assert_eq!(
            all.iter().collect::<BTreeSet<_>>(),
            whole.iter().collect::<BTreeSet<_>>()
        );
        assert_eq!(pages(&app, SMALL, &search, size).await, all);
    }
    assert_eq!(pages(&app, WHOLE, &search, 7).await, whole);
    let first = look(&app, SMALL, &search, Start::Page(1), 5).await;
    assert_eq!(first.hits.total, Some(30));
    assert!(first.total_is_exact);
    // Both ways were really taken.
    assert!(matches!(first.hits.next, Some(SearchCursor::Block { .. })));
    let ranked = look(&app, WHOLE, &search, Start::Page(1), 5).await;
    assert!(matches!(ranked.hits.next, Some(SearchCursor::Rank { .. })));
}

/// "Worker" is "work" in German, which is what "works" is in English.
#[tokio::test]
async fn a_title_that_is_meant_in_another_language_counts_once() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for number in 0..10 {
        let more = json!({"language": "en", "description": "You will be a system worker here."});
        aged(
            &app,
            &employer,
            &format!("System works {number}"),
            number * 40,
            more.clone(),
        )
        .await;
        aged(
            &app,
            &employer,
            &format!("Somebody {number}"),
            number * 40,
            more,
        )
        .await;
    }
    app.drain_tasks().await;
    let search = asking("system worker");
    for effort in [SMALL, WHOLE] {
        let all = walk(&app, effort, &search, 3, async |_| {}).await;
        assert_eq!(all.len(), 20, "{all:?}");
        let titles = all.iter().take(10);
        assert!(
            titles.clone().all(|title| title.starts_with("System")),
            "{all:?}"
        );
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 20, "{all:?}");
    }
}

#[tokio::test]
async fn a_board_without_news_is_read_in_blocks_too() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    board(&app, &employer).await;
    app.advance_time(Duration::from_secs(60 * 24 * 3600)).await;
    let first = look(&app, SMALL, &asking("welder"), Start::Page(1), 5).await;
    assert!(matches!(first.hits.next, Some(SearchCursor::Block { .. })));
    assert_eq!(first.hits.total, Some(30));
    let all = walk(&app, SMALL, &asking("welder"), 4, async |_| {}).await;
    assert_eq!(all.len(), 30, "{all:?}");
}

#[tokio::test]
async fn what_stays_comes_once_while_jobs_come_and_go() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    board(&app, &employer).await;
    let mut left = vec![];
    let all = walk(&app, SMALL, &asking("welder"), 4, async |seen| {
        aged(&app, &employer, &format!("Welder new {seen}"), 0, json!({})).await;
        aged(
            &app,
            &employer,
            &format!("Welder old {seen}"),
            900,
            json!({}),
        )
        .await;
        app.drain_tasks().await;
        let gone = format!("Text {}", 2 + 3 * (seen / 4));
        sqlx::query("delete from jobs where title = $1")
            .bind(&gone)
            .execute(&app.db)
            .await
            .expect("delete");
        left.push(gone);
    })
    .await;
    let unique: BTreeSet<_> = all.iter().collect();
    assert_eq!(unique.len(), all.len(), "{all:?}");
    for number in 0..30 {
        let kind = ["Welder", "Skill", "Text"][number % 3];
        let title = format!("{kind} {number}");
        assert!(
            unique.contains(&title) || left.contains(&title),
            "{title} is missing in {all:?}"
        );
    }
}

#[tokio::test]
async fn exclusions_phrases_and_filters_hold_in_blocks() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    board(&app, &employer).await;
    for (title, hours, description) in [
        ("Steel Welder A", 1, "For seniors."),
        ("Steel Welder B", 100, "For all."),
        ("Welder of Steel C", 300, "A steel welder."),
    ] {
        let more = json!({"description": description, "job_type": "contract"});
        aged(&app, &employer, title, hours, more).await;
    }
    app.drain_tasks().await;
    for (text, wanted) in [
        (
            "steel -seniors",
            vec!["Steel Welder B", "Welder of Steel C"],
        ),
        (
            "\"steel welder\"",
            vec!["Steel Welder A", "Steel Welder B", "Welder of Steel C"],
        ),
        ("welder -\"steel welder\"", vec![]),
        (
            "steel -\"welder of steel\"",
            vec!["Steel Welder A", "Steel Welder B"],
        ),
    ] {
        for effort in [
            SMALL,
            WHOLE,
            Effort {
                all: 0,
                block: 1,
                tiers: true,
            },
        ] {
            let all = walk(&app, effort, &asking(text), 2, async |_| {}).await;
            if wanted.is_empty() {
                assert_eq!(all.len(), 30, "{text}");
                assert!(!all.iter().any(|title| title.contains("Steel")));
                continue;
            }
            let mut sorted = all.clone();
            sorted.sort();
            assert_eq!(sorted, wanted, "{text}");
        }
    }
    // The phrase in the title before the one in the text.
    let all = walk(&app, SMALL, &asking("\"steel welder\""), 9, async |_| {}).await;
    assert_eq!(all[2], "Welder of Steel C");
    let mut narrowed = asking("welder");
    narrowed.job_types = vec![jobboard_shared::jobs::JobType::Contract];
    assert_eq!(walk(&app, SMALL, &narrowed, 1, async |_| {}).await.len(), 3);
    narrowed.posted_within_days = Some(6);
    assert_eq!(walk(&app, SMALL, &narrowed, 1, async |_| {}).await.len(), 2);
}

#[tokio::test]
async fn lists_by_date_climb_through_the_windows() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    board(&app, &employer).await;
    let mut search = asking("welder");
    search.sort = Sort::Date;
    let numbers = |titles: &[String]| -> Vec<u32> {
        let last = |title: &String| title.rsplit(' ').next().and_then(|n| n.parse().ok());
        titles.iter().filter_map(last).collect()
    };
    let expected: Vec<u32> = (0..30).collect();
    for size in [1, 7, 50] {
        let all = walk(&app, SMALL, &search, size, async |_| {}).await;
        assert_eq!(numbers(&all), expected);
        assert_eq!(pages(&app, SMALL, &search, size).await, all);
    }
}
