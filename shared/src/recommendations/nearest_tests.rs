use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::recommendations::{fit::fit, made_up::jobs, model::Block};

/// More than a tile.
fn index() -> Index {
    let jobs = jobs(TILE + 3 * ROWS / 2);
    let mut weights = [0.0; Block::COUNT];
    weights[Block::Title as usize] = 1.0;
    weights[Block::Location as usize] = 0.2;
    let model = fit(
        Uuid::nil(),
        DateTime::UNIX_EPOCH,
        &jobs,
        &weights,
        usize::MAX,
    );
    Index::new(model, weights)
}

/// Looking at one pair after the other.
fn by_pairs(index: &Index, job: usize, k: usize) -> Vec<Match> {
    let others = (0..index.model().jobs.len() as u32)
        .filter(|other| *other as usize != job && index.likeness(job as u32, *other) > 0.0);
    index.rank(&mut Scratch::default(), job as u32, others, k)
}

#[test]
fn no_pair_is_missed() {
    let index = index();
    assert!(index.tiles().columns() > 2 && index.tiles().count() == 2);
    let all = all(&index, 7);
    assert_eq!(all.len(), index.model().jobs.len());
    for (job, found) in all.iter().enumerate() {
        let wanted = by_pairs(&index, job, 7);
        assert_eq!(found.len(), wanted.len(), "{job}");
        // Of equals at the end of a list any may be left.
        for (one, other) in found.iter().zip(&wanted) {
            assert!(
                (one.score - other.score).abs() < 1e-6,
                "{job}: {one:?}, {other:?}"
            );
        }
        assert!(found.iter().all(|one| one.job as usize != job));
    }
}

#[test]
fn a_part_has_what_all_have() {
    let index = index();
    let all = all(&index, 5);
    for range in [0..1, 300..900, TILE - 10..TILE + 300] {
        assert_eq!(of(&index, range.clone(), 5), all[range]);
    }
    assert_eq!(of(&index, 0..0, 5), Vec::<Vec<Match>>::new());
}

#[test]
fn a_board_without_jobs_has_no_neighbours() {
    let model = fit(
        Uuid::nil(),
        DateTime::UNIX_EPOCH,
        &[],
        &[1.0; Block::COUNT],
        64,
    );
    let index = Index::new(model, [1.0; Block::COUNT]);
    assert!(all(&index, 5).is_empty());
}
