//! A sparse matrix of users and items.

/// The items of one user and their weights, in rising order of the items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    pub items: &'a [u32],
    pub weights: &'a [f32],
}

impl Row<'_> {
    pub fn iter(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        self.items.iter().copied().zip(self.weights.iter().copied())
    }

    pub fn has(&self, item: u32) -> bool {
        self.items.binary_search(&item).is_ok()
    }
}

/// Weights of users (rows) and items (columns), compressed by row. Users and items are
/// numbers below the two sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Interactions {
    items: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

impl Interactions {
    /// Of `(user, item, weight)` in any order. Of a pair that comes more than once the
    /// largest weight counts: who applied has viewed, and does not want it more for that.
    /// Pairs beyond the sizes and weights that are not above zero are left out.
    pub fn new(
        users: usize,
        items: usize,
        entries: impl IntoIterator<Item = (u32, u32, f32)>,
    ) -> Self {
        let mut entries: Vec<(u32, u32, f32)> = entries
            .into_iter()
            .filter(|&(user, item, weight)| {
                (user as usize) < users && (item as usize) < items && weight > 0.0
            })
            .collect();
        entries.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
        entries.dedup_by_key(|entry| (entry.0, entry.1));
        let mut starts = vec![0; users + 1];
        for &(user, ..) in &entries {
            starts[user as usize + 1] += 1;
        }
        for user in 0..users {
            starts[user + 1] += starts[user];
        }
        Self {
            items,
            starts,
            columns: entries.iter().map(|entry| entry.1).collect(),
            weights: entries.iter().map(|entry| entry.2).collect(),
        }
    }

    pub fn users(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn items(&self) -> usize {
        self.items
    }

    /// Pairs with a weight.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// What a user has; nothing for one beyond the size.
    pub fn row(&self, user: usize) -> Row<'_> {
        let range = match (self.starts.get(user), self.starts.get(user + 1)) {
            (Some(&from), Some(&to)) => from..to,
            _ => 0..0,
        };
        Row {
            items: &self.columns[range.clone()],
            weights: &self.weights[range],
        }
    }

    /// How many users have each item.
    pub fn item_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.items];
        for &item in &self.columns {
            counts[item as usize] += 1;
        }
        counts
    }

    /// The same with items as rows.
    pub fn transposed(&self) -> Self {
        let mut starts = vec![0; self.items + 1];
        for &item in &self.columns {
            starts[item as usize + 1] += 1;
        }
        for item in 0..self.items {
            starts[item + 1] += starts[item];
        }
        let mut next = starts.clone();
        let mut columns = vec![0; self.columns.len()];
        let mut weights = vec![0.0; self.columns.len()];
        for user in 0..self.users() {
            for (item, weight) in self.row(user).iter() {
                let at = next[item as usize];
                next[item as usize] += 1;
                columns[at] = user as u32;
                weights[at] = weight;
            }
        }
        Self {
            items: self.users(),
            starts,
            columns,
            weights,
        }
    }

    /// Each weight made anew from user, item and weight.
    pub(super) fn map(&self, weigh: impl Fn(usize, u32, f32) -> f32) -> Self {
        let mut changed = self.clone();
        for user in 0..self.users() {
            for at in self.starts[user]..self.starts[user + 1] {
                changed.weights[at] = weigh(user, self.columns[at], self.weights[at]);
            }
        }
        changed
    }
}
