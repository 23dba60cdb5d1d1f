use super::*;

fn known(word: &str, jobs: i32) -> Known {
    Known {
        word: word.to_owned(),
        written: word.to_owned(),
        jobs,
    }
}

fn meant(words: &[&str], all: &[Known], pairs: &[(&str, i32)]) -> String {
    let candidates: Vec<_> = words
        .iter()
        .map(|word| candidates(word, all.to_vec()))
        .collect();
    let pairs = pairs
        .iter()
        .map(|(words, jobs)| ((*words).to_owned(), *jobs))
        .collect();
    let chosen: Vec<_> = choose(&candidates, &pairs)
        .into_iter()
        .map(|known| known.word)
        .collect();
    chosen.join(" ")
}

#[test]
fn words_that_differ_by_two_edits_share_a_key() {
    for (typed, meant) in [
        ("enginer", "engineer"),
        ("enigneer", "engineer"),
        ("ngineer", "engineer"),
        ("developr", "developer"),
        ("devloepr", "developer"),
        ("acountent", "accountant"),
        ("nruse", "nurse"),
        ("jva", "java"),
    ] {
        let of_meant = keys(meant);
        let shared = keys(typed).iter().any(|key| of_meant.contains(key));
        assert!(shared, "{typed} and {meant}");
    }
    assert!(keys("go").is_empty());
}

#[test]
fn edits_are_counted_and_slips_count_less() {
    for (typed, meant, edits) in [
        ("nurse", "nurse", 0.0),
        ("nrse", "nurse", 1.0),
        ("nurrse", "nurse", 1.0),
        ("nurze", "nurse", SLIP),
        ("nurpe", "nurse", 1.0),
        ("nruse", "nurse", SLIP),
        ("", "nurse", 5.0),
    ] {
        assert!((distance(typed, meant) - edits).abs() < 1e-9, "{typed}");
    }
}

#[test]
fn the_frequent_word_wins_over_the_typo_that_ads_have_too() {
    let all = [known("engineer", 20_000), known("enginer", 3)];
    assert_eq!(meant(&["enginer"], &all, &[]), "engineer");
    assert_eq!(meant(&["engineer"], &all, &[]), "engineer");
    let all = [known("rust", 300), known("trust", 1_000)];
    assert_eq!(meant(&["rust"], &all, &[]), "rust");
}

#[test]
fn neighbours_decide() {
    let all = [known("chart", 40), known("hart", 2), known("picker", 30)];
    let pairs = [("chart picker", 20)];
    assert_eq!(meant(&["hart", "picker"], &all, &pairs), "chart picker");
}

#[test]
fn what_is_not_letters_is_left_alone() {
    let words = |text: &str| -> Vec<String> {
        plain_words(text)
            .into_iter()
            .map(|word| word.text)
            .collect()
    };
    assert_eq!(
        words("c++ \"sofware enginer\" -senoir OR c# node.js -\"tema lead\" covid19"),
        ["sofware", "enginer", "nodejs"]
    );
    assert_eq!(in_case_of("Enginer", "engineer"), "Engineer");
    assert_eq!(in_case_of("enginer", "engineer"), "engineer");
}
