use reqwest::Method;

use crate::support::{Response, TestApp};

#[tokio::test]
async fn operating_is_for_admins_alone() {
    let app = TestApp::start().await;
    let others = [app.employer().await, app.freelancer().await];
    let document = app.anonymous().get("/api/schema/").await.expect(200).json;
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/api/admin/") {
            continue;
        }
        for method in operations.as_object().unwrap().keys() {
            let address = path.replace("{id}", "1").replace("{queue}", "mail");
            let method: Method = method.to_uppercase().parse().unwrap();
            for client in &others {
                let request = client.request(method.clone(), &address);
                let answer = Response::read(request, format!("{method} {address}"))
                    .await
                    .expect(403);
                assert_eq!(answer.json["code"], "role_required", "{address}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 30, "{tried}");
}
