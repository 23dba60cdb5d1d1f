//! What a cursor holds, and the way back that it knows.

use jobboard_shared::pagination::{CursorKey, InvalidCursor};
use serde::{Serialize, de::DeserializeOwned};

/// How many pages a cursor knows the way back.
const TRAIL: usize = 4;
pub(super) const MAX_CURSOR_BYTES: usize = 1000;

/// What a cursor holds: a place in a list, and the way there. A list is read in one
/// direction alone, so that the page before can only be one that was passed.
pub(super) struct Place<C> {
    pub(super) after: C,
    /// Where the pages before this one begin, the nearest last; `None` is the
    /// beginning of the list.
    trail: Vec<Option<C>>,
}

pub(super) enum Previous {
    First,
    After(String),
}

impl<C: Serialize + DeserializeOwned> Place<C> {
    /// The place behind the page that began at `here`.
    pub(super) fn next(here: Option<Self>, after: C) -> Self {
        let (mut trail, start) = match here {
            Some(here) => (here.trail, Some(here.after)),
            None => (Vec::new(), None),
        };
        trail.push(start);
        let too_old = trail.len().saturating_sub(TRAIL);
        trail.drain(..too_old);
        Self { after, trail }
    }

    pub(super) fn previous(&self, keys: &CursorKey, list: &str) -> Option<Previous> {
        let (last, before) = self.trail.split_last()?;
        Some(match last {
            Some(after) => Previous::After(keys.encode(list, &(after, before))),
            None => Previous::First,
        })
    }

    /// Forgets as much of the way as makes it too long.
    pub(super) fn encode(mut self, keys: &CursorKey, list: &str) -> String {
        loop {
            let cursor = keys.encode(list, &(&self.after, &self.trail));
            if cursor.len() <= MAX_CURSOR_BYTES || self.trail.is_empty() {
                return cursor;
            }
            self.trail.remove(0);
        }
    }
}

impl<C: DeserializeOwned> Place<C> {
    pub(super) fn decode(
        keys: &CursorKey,
        list: &str,
        cursor: &str,
    ) -> Result<Self, InvalidCursor> {
        let (after, trail) = keys
            .decode(list, cursor)
            // As cursors were before they knew the way.
            .or_else(|_| keys.decode(list, cursor).map(|after| (after, Vec::new())))?;
        Ok(Self { after, trail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_knows_the_way_back_for_a_few_pages() {
        let keys = CursorKey::new(&"secret".to_owned().into());
        let decode = |cursor: &str| Place::<i32>::decode(&keys, "l", cursor).unwrap();
        let mut place = Place::next(None, 1);
        for page in 2..=9 {
            place = Place::next(Some(decode(&place.encode(&keys, "l"))), page);
        }
        assert_eq!(
            (place.after, &place.trail[..]),
            (9, &[5, 6, 7, 8].map(Some)[..])
        );
        let mut back = vec![];
        while let Some(Previous::After(cursor)) = place.previous(&keys, "l") {
            place = decode(&cursor);
            back.push(place.after);
        }
        assert_eq!(back, [8, 7, 6, 5]);
        let first = Place::next(None, 1).previous(&keys, "l");
        assert!(matches!(first, Some(Previous::First)));
        // Long ones forget, and old ones never knew.
        let long = Place {
            after: "x".repeat(300),
            trail: vec![Some("y".repeat(300)); 4],
        };
        assert!(long.encode(&keys, "l").len() <= MAX_CURSOR_BYTES);
        assert_eq!(decode(&keys.encode("l", &7)).after, 7);
    }
}
