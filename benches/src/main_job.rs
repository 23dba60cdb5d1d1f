//! The main job, end to end, on real ads and a board as `cargo run --release`
//! brings it up.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Result,
    board::{Account, Board, data_folder},
};

const NYC: &str = "/api/jobs/import/?source=nyc&map=external_id=Job+ID&map=title=Business+Title\
    &map=company=Agency&map=job_type=Full-Time/Part-Time+indicator\
    &map=salary_min=Salary+Range+From&map=salary_max=Salary+Range+To\
    &map=salary_period=Salary+Frequency&map=location=Work+Location\
    &map=description=Job+Description&map=requirements=Minimum+Qual+Requirements\
    &map=category=Job+Category&map=posted_at=Posting+Date";
const REMOTE: &str = "/api/jobs/import/?source=feeds";

pub(crate) async fn measure(files: &Path) -> Result<()> {
    let remote = std::fs::read(files.join("jobs/remote_ads.ndjson"))?;
    let nyc = std::fs::read(files.join("jobs/nyc_jobs.csv"))?;
    let folder = data_folder()?;
    let data = folder.path().join("board");

    let board = Board::start(&data)?;
    tell(
        "first start, with sample data (bar: 60 s)",
        seconds(board.started_in),
    );
    board.stop()?;
    let board = Board::start(&data)?;
    tell("later start (bar: 5 s)", seconds(board.started_in));

    let admin = board.login(&data, "admin").await?;
    let first = import(&admin, REMOTE, "application/x-ndjson", &remote).await?;
    report("remote_ads.ndjson, 1,016 rows", &first);
    found(&admin, "python", "python").await?;
    // No ad has the word itself; its stem is what they share.
    found(&admin, "Entwickler", "entwickl").await?;
    report(
        "the same again",
        &import(&admin, REMOTE, "application/x-ndjson", &remote).await?,
    );

    let id = start_import(&admin, NYC, "text/csv", &nyc).await?;
    let path = format!("/api/imports/{id}/");
    let middle = admin
        .watch(&path, |report| number(report, "rows_done") > 0)
        .await?;
    board.kill()?;
    tell(
        "nyc_jobs.csv: everything killed after",
        format!("{} rows", middle["rows_done"]),
    );
    let board = Board::start(&data)?;
    tell("start after the kill", seconds(board.started_in));
    let admin = board.login(&data, "admin").await?;
    let begun = Instant::now();
    let whole = admin
        .watch(&path, |report| report["status"] == "finished")
        .await?;
    report("nyc_jobs.csv, 3,977 rows", &(whole, begun.elapsed()));
    found(&admin, "painter", "painter").await?;
    report(
        "the same again",
        &import(&admin, NYC, "text/csv", &nyc).await?,
    );

    apply(&board, &data).await?;
    recommend(&board, &data).await?;
    trend(&admin).await?;
    board.stop()
}

type Import = (Value, Duration);

async fn start_import(admin: &Account, path: &str, kind: &str, file: &[u8]) -> Result<String> {
    let accepted = admin.upload(path, kind, file.to_vec()).await?;
    Ok(accepted["id"].as_str().ok_or("no import id")?.to_owned())
}

async fn import(admin: &Account, path: &str, kind: &str, file: &[u8]) -> Result<Import> {
    let begun = Instant::now();
    let id = start_import(admin, path, kind, file).await?;
    let path = format!("/api/imports/{id}/");
    let report = admin
        .watch(&path, |report| report["status"] == "finished")
        .await?;
    Ok((report, begun.elapsed()))
}

fn report(name: &str, (import, took): &Import) {
    let parts = ["created", "updated", "duplicates", "failed"].map(|part| number(import, part));
    let sum: i64 = parts.iter().sum();
    let [created, updated, duplicates, failed] = parts;
    tell(
        name,
        format!(
            "{created} created, {updated} updated, {duplicates} duplicates, {failed} refused = {sum} in {}",
            seconds(*took)
        ),
    );
}

/// How long after the import's end the first result shows this in title or snippet.
async fn found(account: &Account, query: &str, part: &str) -> Result<()> {
    let begun = Instant::now();
    let is_right = |answer: &Value| {
        answer["results"][0]
            .to_string()
            .to_lowercase()
            .contains(part)
    };
    let answer = account
        .watch(&format!("/api/jobs/search/?q={query}&page=1"), is_right)
        .await?;
    tell(
        &format!("search {query:?} after the import (bar: 1 s)"),
        format!(
            "{} found, first {} in {}",
            answer["count"],
            answer["results"][0]["title"],
            seconds(begun.elapsed())
        ),
    );
    Ok(())
}

async fn apply(board: &Board, data: &Path) -> Result<()> {
    let employer = board.login(data, "employer").await?;
    let freelancer = board.login(data, "freelancer").await?;
    let job = employer
        .post(
            "/api/jobs/",
            &json!({"title": "Signal box restorer", "company": "Measured Works",
                    "description": "Restores signal boxes.", "location": "Leeds",
                    "status": "published"}),
        )
        .await?;
    let mails = |folder: &Path| {
        std::fs::read_dir(folder).map_or(0, |entries| {
            entries
                .flatten()
                .filter(|e| e.path().extension().is_some_and(|x| x == "eml"))
                .count()
        })
    };
    let outbox = data.join("outbox");
    let before = mails(&outbox);
    let begun = Instant::now();
    freelancer
        .post("/api/applications/", &json!({"job_id": job["id"]}))
        .await?;
    while mails(&outbox) < before + 2 {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("the two mails of an application did not come".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tell(
        "an application's two mails",
        format!("in {}", seconds(begun.elapsed())),
    );
    Ok(())
}

async fn recommend(board: &Board, data: &Path) -> Result<()> {
    let freelancer = board.login(data, "freelancer").await?;
    let begun = Instant::now();
    let answer = freelancer.get("/api/jobs/recommendations/").await?;
    let results = answer["results"].as_array().ok_or("no recommendations")?;
    tell(
        "recommendations of the sample freelancer",
        format!(
            "{} in {}, step {}",
            results.len(),
            seconds(begun.elapsed()),
            answer["step"]
        ),
    );
    for job in results.iter().take(3) {
        println!("    {} - {}", job["job"]["title"], job["reason"]);
    }
    Ok(())
}

async fn trend(admin: &Account) -> Result<()> {
    let listed = admin.get("/api/jobs/?page=1&page_size=50").await?;
    let id = listed["results"][40]["id"]
        .as_str()
        .ok_or("no job")?
        .to_owned();
    let visitors = 60;
    let path = format!("/api/jobs/{id}/");
    let anonymous = admin.anonymous();
    for _ in 0..visitors {
        anonymous.get(&path).await?;
    }
    let begun = Instant::now();
    let place = |answer: &Value| {
        answer["results"]
            .as_array()
            .into_iter()
            .flatten()
            .position(|job| job["id"] == id.as_str() || job["job"]["id"] == id.as_str())
    };
    let answer = admin
        .watch("/api/jobs/trending/?page_size=100", |answer| {
            place(answer).is_some()
        })
        .await?;
    tell(
        "trending after 60 views of one job",
        format!(
            "place {} in {}",
            place(&answer).unwrap_or(0) + 1,
            seconds(begun.elapsed())
        ),
    );
    Ok(())
}

fn number(report: &Value, name: &str) -> i64 {
    report[name].as_i64().unwrap_or(-1)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn tell(what: &str, figure: impl std::fmt::Display) {
    println!("{what:<52} {figure}");
}
