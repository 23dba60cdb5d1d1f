use proptest::prelude::*;

use super::*;

fn ad(text: &str) -> String {
    normalize(text, Reading::Ad(Language::English))
}

fn query(text: &str) -> String {
    normalize(text, Reading::Query)
}

#[test]
fn signs_belong_to_their_words() {
    for (text, words) in [
        ("C++ developer", "cplusplus developer"),
        ("C/C++, C#", "clanguage cplusplus csharp"),
        ("C++17 and notepad++", "cplusplus 17 and notepadplusplus"),
        (".NET Core", "dotnet core"),
        ("ASP.NET/C#.NET", "asp dotnet csharp dotnet"),
        ("(.NET 8)", "dotnet 8"),
        (".net6", "dotnet6"),
        ("mail@example.net", "mail example net"),
        ("Node.js/React.js", "nodejs react"),
        (
            "CompTIA A+ certified, 5+ years",
            "comptia aplus certified 5 years",
        ),
        ("R&D, Q & A", "randd qanda"),
        ("U.S. and A.I.", "us and aitech"),
        ("Python/Django", "python django"),
        ("full-time", "full time"),
        ("see https://example.com/c++?a=b now", "see now"),
    ] {
        assert_eq!(ad(text), words, "{text}");
    }
}

#[test]
fn short_names_are_told_from_everyday_words() {
    for (text, words) in [
        ("Go developer", "golang developer"),
        ("We go to market. Go beyond!", "we go to market go beyond"),
        ("python, go, rust", "python golang rust"),
        ("pay-as-you-Go", "pay as you go"),
        ("R, SAS", "rlang sas"),
        ("IT support", "infotech support"),
        ("if it rains", "if it rains"),
        ("C-level", "c level"),
        ("AI-powered, maintain aid", "aitech powered maintain aid"),
    ] {
        assert_eq!(ad(text), words, "{text}");
    }
    assert_eq!(
        normalize("J'ai faim, j’ai", Reading::Ad(Language::French)),
        "j ai faim j ai"
    );
    assert_eq!(
        normalize("expert AI", Reading::Ad(Language::French)),
        "expert aitech"
    );
    assert_eq!(query("go"), "golang");
    assert_eq!(query("it support"), "infotech support");
    assert_eq!(query("c"), "clanguage");
    assert_eq!(query("ai"), "aitech");
}

#[test]
fn accents_and_case_do_not_count() {
    for (accented, plain) in [
        ("MÜNCHEN", "munchen"),
        ("Straße", "strasse"),
        ("développeur", "developpeur"),
        ("Łódź", "lodz"),
        ("smørrebrød", "smorrebrod"),
        ("cafe\u{301}", "cafe"),
        ("Ent\u{ad}wickler", "entwickler"),
        ("ﬁnance", "finance"),
        ("İstanbul", "istanbul"),
    ] {
        assert_eq!(ad(accented), plain);
        assert_eq!(query(accented), plain);
    }
    assert_eq!(ad("東京 엔지니어 инженер"), "東京 엔지니어 инженер");
}

#[test]
fn a_word_says_where_it_stood() {
    let text = "Für C++ & Node.js";
    let at: Vec<_> = words(text, Reading::Query)
        .into_iter()
        .map(|word| (word.text, &text[word.start..word.end]))
        .collect();
    assert_eq!(
        at,
        [
            ("fur".to_owned(), "Für"),
            ("cplusplus".to_owned(), "C++"),
            ("nodejs".to_owned(), "Node.js")
        ]
    );
}

/// Pieces that meet in real ads, in any order.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,8}",
        prop::sample::select(vec![
            "C++",
            "c#",
            ".NET",
            "Node.js",
            "R",
            "Go",
            "AI",
            "it",
            " ",
            ", ",
            ".",
            "-",
            "/",
            "&",
            "'",
            "Ü",
            "ß",
            "\u{301}",
            "\0",
            "🦀",
            "https://a.b/c",
            "A.I.",
            "東",
            "½",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn words_are_plain_and_stand_in_the_text(text in text()) {
        for reading in [Reading::Query, Reading::Ad(Language::English)] {
            let mut end = 0;
            for word in words(&text, reading) {
                prop_assert!(!word.text.is_empty());
                prop_assert!(word.text.chars().count() <= MAX_WORD_CHARS + 8);
                prop_assert!(word.text.chars().all(is_word_char), "{:?}", word.text);
                prop_assert!(word.start >= end && word.start < word.end);
                prop_assert!(text.get(word.start..word.end).is_some());
                end = word.end;
            }
        }
    }

    /// What is skimmed is not wanted.
    #[test]
    fn of_some_letters_all_words_are_read(text in text(), wanted in "[a-z0-9ü]{0,4}") {
        for reading in [Reading::Query, Reading::Ad(Language::English)] {
            let mut all = words(&text, reading);
            all.retain(|word| word.text.starts_with(|c| wanted.contains(c)));
            let some = Runs::of(&text).words_beginning(reading, |c| wanted.contains(c));
            prop_assert_eq!(some, all);
        }
    }

    /// Words are stable: what the index holds is found by typing it.
    #[test]
    fn folding_twice_changes_nothing(word in "\\PC{0,20}") {
        let once = fold(&word);
        prop_assert_eq!(fold(&once), once);
    }

    /// Whatever stands around it, an unmistakable name is one word.
    #[test]
    fn names_are_found_in_any_list(
        left in "[a-z]{3,9}", right in "[a-z]{3,9}", separator in prop::sample::select(vec![", ", "/", " | ", "; "])
    ) {
        for name in ["C++", "C#", ".NET", "Node.js", "R", "Go", "AI", "IT"] {
            let list = ad(&format!("{left}{separator}{name}{separator}{right}"));
            let asked = query(name);
            prop_assert!(list.split(' ').any(|word| word == asked), "{name}: {list}");
        }
    }
}
