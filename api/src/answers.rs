//! What operations answer beside a plain body.

use poem_openapi::{ApiResponse, payload::Json, types::ToJSON};

#[derive(ApiResponse)]
pub(crate) enum Created<T: ToJSON> {
    /// It was created
    #[oai(status = 201)]
    Created(
        Json<T>,
        /// Its address
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum Deleted {
    /// It is gone
    #[oai(status = 204)]
    Deleted,
}
