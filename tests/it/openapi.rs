//! The OpenAPI document changes on purpose alone.

use std::{fs, path::Path};

#[test]
fn the_document_is_the_one_in_the_snapshot() {
    let document = jobboard_api::openapi_document();
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("openapi", document);
    });
}

#[test]
fn the_postman_collection_is_that_of_the_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/postman_collection.json");
    let mut collection = serde_json::to_string_pretty(&jobboard_api::postman_collection()).unwrap();
    collection.push('\n');
    if fs::read_to_string(&path).ok().as_ref() != Some(&collection) {
        fs::write(&path, collection).unwrap();
        panic!("it was not, and is written anew: {}", path.display());
    }
}
