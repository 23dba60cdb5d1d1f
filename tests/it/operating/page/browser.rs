use crate::{
    operating::dead,
    support::{Browser, TestApp, WorkerProcess},
};

#[tokio::test]
async fn in_a_browser_a_dead_task_is_found_retried_and_seen_finished() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    let id = dead(&app, 1).await[0];
    let worker = WorkerProcess::start(&app);
    let mut browser = Browser::start().await;

    let page = format!("{}/admin/tasks/", app.base);
    browser.open_signed_in(&page, &admin.email).await;

    browser.click(".chips a").await;
    let row = format!("document.querySelector('td a[href=\"/admin/tasks/{id}/\"]') !== null");
    browser.until(&row).await;
    browser
        .until("document.querySelector('td.error').innerText.includes('the disk is <full>')")
        .await;
    browser
        .click(&format!("form[action='/admin/tasks/{id}/retry/'] button"))
        .await;
    browser
        .until(&format!(
            "location.href.endsWith('/admin/tasks/{id}/?done=retry')"
        ))
        .await;
    // Nobody renews the page of a task but its reader.
    loop {
        browser
            .open(&format!("{}/admin/tasks/{id}/", app.base))
            .await;
        let state = browser
            .value("document.querySelector('#state').innerText")
            .await;
        match state.as_str().unwrap() {
            "finished" => break,
            state => assert!(["pending", "running"].contains(&state), "{state}"),
        }
    }

    // The first page renews itself.
    browser.open(&format!("{}/admin/tasks/", app.base)).await;
    browser
        .until("document.querySelector('.chips') === null")
        .await;
    dead(&app, 3).await;
    browser
        .until("document.querySelector('.chips b')?.innerText === '3'")
        .await;
    browser
        .click("#queue-search form[action$='/drain/'] button")
        .await;
    browser
        .until("document.querySelector('.said')?.innerText.includes('search is drained')")
        .await;
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    worker.kill().await;
}
