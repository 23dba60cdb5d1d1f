//! docs/ENDPOINTS.md: every endpoint and the test that drives it.
//!
//! A new operation gets a line with `JOBBOARD_WRITE_DOCS=1 cargo test --test it
//! endpoints`; the test named there is then the table of roles, until somebody
//! writes the name of a better one into the page.

use std::{collections::HashMap, fmt::Write, path::Path};

use crate::roles::{Operation, driver_of, operations};

/// What the product's specification lists.
const SPECIFIED: &[&str] = &[
    "POST /api/auth/register/",
    "POST /api/auth/login/",
    "POST /api/auth/refresh/",
    "POST /api/auth/logout/",
    "POST /api/auth/password/reset/",
    "POST /api/auth/password/confirm/",
    "GET /api/jobs/",
    "POST /api/jobs/",
    "GET /api/jobs/{id}/",
    "PUT /api/jobs/{id}/",
    "PATCH /api/jobs/{id}/",
    "DELETE /api/jobs/{id}/",
    "GET /api/jobs/search/",
    "GET /api/jobs/search/suggest/",
    "GET /api/jobs/recommendations/",
    "GET /api/jobs/trending/",
    "GET /api/jobs/categories/",
    "GET /api/jobs/similar/{id}/",
    "GET /api/applications/",
    "POST /api/applications/",
    "GET /api/applications/{id}/",
    "PATCH /api/applications/{id}/",
    "DELETE /api/applications/{id}/",
    "GET /api/users/profile/",
    "PUT /api/users/profile/",
    "GET /api/users/{id}/",
    "POST /api/users/",
    "DELETE /api/users/{id}/",
    "GET /api/employers/profile/",
    "PUT /api/employers/profile/",
    "GET /api/employers/companies/",
    "POST /api/employers/companies/",
    "GET /api/employers/jobs/",
    "GET /api/employers/applications/",
    "PATCH /api/employers/applications/{id}/status/",
    "GET /api/freelancers/profile/",
    "PUT /api/freelancers/profile/",
    "GET /api/freelancers/portfolio/",
    "POST /api/freelancers/portfolio/",
    "PUT /api/freelancers/portfolio/{id}/",
    "DELETE /api/freelancers/portfolio/{id}/",
    "GET /api/freelancers/experience/",
    "POST /api/freelancers/experience/",
    "GET /api/freelancers/education/",
    "POST /api/freelancers/education/",
    "GET /api/freelancers/skills/",
    "POST /api/freelancers/skills/",
    "GET /api/freelancers/reviews/",
    "GET /api/companies/",
    "GET /api/companies/{id}/",
    "POST /api/companies/",
    "PUT /api/companies/{id}/",
    "DELETE /api/companies/{id}/",
    "GET /api/companies/{id}/jobs/",
    "GET /health/",
    "GET /health/db/",
    "GET /health/cache/",
    "GET /health/celery/",
];

const HEAD: &str = "\
# Endpoints

Every operation of the API and the test that drives it. *spec* marks what the product's specification
lists; the rest is beyond it, or fixes a path that the specification leaves open. `tests/it/endpoints.rs`
fails when an operation is missing here or a test does not exist.

| endpoint | | test |
|---|---|---|
";

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn name(operation: &Operation) -> String {
    format!("{} {}/", operation.method, operation.path)
}

/// Endpoint -> test, as the page has them.
fn written(page: &str) -> HashMap<&str, &str> {
    page.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let endpoint = cells.next()?.trim_end_matches('`');
            let test = cells.nth(1)?.strip_prefix('`')?.split('`').next()?;
            Some((endpoint, test))
        })
        .collect()
}

/// The page as it should be, with the tests that it names now.
fn page(written: &HashMap<&str, &str>) -> String {
    let operations = operations();
    let mut lines: Vec<(&str, String, String)> = operations
        .iter()
        .map(|(id, operation)| {
            let endpoint = name(operation);
            let test = written.get(endpoint.as_str()).copied();
            let test = test.map_or_else(|| driver_of(id), str::to_owned);
            (operation.path.as_str(), endpoint, format!("`{test}`"))
        })
        .collect();
    for missing in SPECIFIED {
        if !lines.iter().any(|(_, endpoint, _)| endpoint == missing) {
            let path = missing.split(' ').nth(1).unwrap();
            let path = path.trim_end_matches('/');
            lines.push((path, (*missing).to_owned(), "*missing*".to_owned()));
        }
    }
    lines.sort();
    let mut page = HEAD.to_owned();
    for (_, endpoint, test) in lines {
        let spec = match SPECIFIED.contains(&endpoint.as_str()) {
            true => "spec",
            false => "",
        };
        writeln!(page, "| `{endpoint}` | {spec} | {test} |").unwrap();
    }
    page
}

fn exists(test: &str) -> bool {
    let Some((module, function)) = test.rsplit_once("::") else {
        return false;
    };
    let module = folder().join("tests/it").join(module.replace("::", "/"));
    [module.with_extension("rs"), module.join("mod.rs")]
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .any(|source| source.contains(&format!("fn {function}()")))
}

#[test]
fn the_page_lists_every_operation_and_tests_that_exist() {
    let path = folder().join("docs/ENDPOINTS.md");
    let now = std::fs::read_to_string(&path).unwrap_or_default();
    let tests = written(&now);
    let expected = page(&tests);
    if std::env::var_os("JOBBOARD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        for (line, expected) in now.lines().zip(expected.lines()) {
            assert_eq!(line, expected, "write it anew with JOBBOARD_WRITE_DOCS=1");
        }
        assert_eq!(now, expected, "write it anew with JOBBOARD_WRITE_DOCS=1");
    }
    let mut missing: Vec<&str> = written(&expected)
        .into_values()
        .filter(|test| !exists(test))
        .collect();
    missing.sort_unstable();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}
