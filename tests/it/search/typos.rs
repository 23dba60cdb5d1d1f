//! Misspelling by a method instead of by hand, for the test and the measurement
//! of corrections: of one word of at least four letters, chosen at random, one
//! letter at a random place is left out, doubled by a random one, replaced by a
//! neighbour on the keyboard, or changes places with the next; each as often.

use jobboard_shared::search::{
    neighbours_on_keyboard,
    terms::{self, Reading},
};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

const MIN_LETTERS: usize = 4;

/// None where there is no such word, or the text came out as it was.
pub(crate) fn misspell(text: &str, random: &mut StdRng) -> Option<String> {
    let words: Vec<(usize, &str)> = words(text)
        .filter(|(_, word)| word.len() >= MIN_LETTERS)
        .collect();
    let (start, word) = *words.choose(random)?;
    let mut letters: Vec<char> = word.to_lowercase().chars().collect();
    let at = random.random_range(0..letters.len());
    match random.random_range(0..4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, random.random_range('a'..='z')),
        2 => letters[at] = *neighbours_on_keyboard(letters[at]).choose(random)?,
        _ => {
            let at = at.min(letters.len() - 2);
            letters.swap(at, at + 1);
        }
    }
    let wrong: String = letters.into_iter().collect();
    let misspelt = format!("{}{wrong}{}", &text[..start], &text[start + word.len()..]);
    (!is_right(&misspelt, text)).then_some(misspelt)
}

/// Runs of letters of the Latin alphabet, with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .filter(|(_, word)| word.chars().all(|c| c.is_ascii_alphabetic()))
}

/// Whether two texts are the same query, word for word.
pub(crate) fn is_right(corrected: &str, meant: &str) -> bool {
    let normal = |text: &str| terms::normalize(text, Reading::Query);
    normal(corrected) == normal(meant)
}
