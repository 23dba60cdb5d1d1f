//! Where a page of a search begins.

use jobboard_shared::{
    pagination::{Paging, Slice, Start},
    search::SearchCursor,
};
use serde::{Deserialize, Serialize};

/// A cursor that knows what was searched: the pages after the first are of the same
/// search, even where it is not what was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    at: SearchCursor,
    /// What was probably meant, where that was searched instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) meant: Option<String>,
}

/// The page itself, and what was searched instead of what was asked.
pub(super) fn split(paging: Paging<Place>) -> (Paging<SearchCursor>, Option<String>) {
    let mut meant = None;
    let start = match paging.start {
        Start::After(Some(place)) => {
            meant = place.meant;
            Start::After(Some(place.at))
        }
        Start::After(None) => Start::After(None),
        Start::Page(number) => Start::Page(number),
    };
    let size = paging.size;
    (Paging { start, size }, meant)
}

pub(super) fn placed<R>(slice: Slice<R, SearchCursor>, meant: Option<&str>) -> Slice<R, Place> {
    Slice {
        rows: slice.rows,
        next: slice.next.map(|at| Place {
            at,
            meant: meant.map(str::to_owned),
        }),
        total: slice.total,
    }
}
