//! Names in messages about names that are not known.

/// How alike a name must be to be suggested.
const NEAR: f64 = 0.75;

/// The name among `known` that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `name`, cut so that an answer cannot be made long by a long name.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}
