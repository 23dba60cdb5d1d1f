//! The OpenAPI document changes on purpose alone.

#[test]
fn the_document_is_the_one_in_the_snapshot() {
    let document: serde_json::Value =
        serde_json::from_str(&jobboard_api::openapi_document()).expect("JSON");
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("openapi", document);
    });
}
