use proptest::prelude::*;

use super::*;
use crate::search::db::Tier;

/// Stems by cutting an "s", in every language; "the" stops in English.
fn lexemes(query: &Query) -> Lexemes {
    let mut lexemes = Lexemes::default();
    for language in Language::ALL {
        for word in query.words() {
            let stem = word.strip_suffix('s').unwrap_or(&word).to_owned();
            let stops = language == Language::English && word == "the";
            lexemes.insert(language, word, if stops { vec![] } else { vec![stem] });
        }
    }
    lexemes
}

fn compile(text: &str) -> (String, String) {
    let query = Query::parse(text);
    let compiled = query.compile(&lexemes(&query), &Language::ALL, Form::Plain);
    (
        compiled.meant.unwrap_or_default(),
        compiled.without.unwrap_or_default(),
    )
}

#[test]
fn operators_mean_what_people_expect() {
    for (text, meant, without) in [
        ("python", "('python')", ""),
        ("python django", "('python' & 'django')", ""),
        ("\"machine learning\"", "(('machine' <1> 'learning'))", ""),
        ("“machine learning”", "(('machine' <1> 'learning'))", ""),
        ("full-time", "(('full' <1> 'time'))", ""),
        (
            "java OR kotlin remote",
            "(('java' | 'kotlin') & 'remote')",
            "",
        ),
        ("java | kotlin", "(('java' | 'kotlin'))", ""),
        ("java, kotlin/scala", "('java' & 'kotlin' & 'scala')", ""),
        ("java -senior", "('java')", "'senior'"),
        ("-\"team lead\" java", "('java')", "('team' <1> 'lead')"),
        ("-senior", "", "'senior'"),
        ("OR java OR", "('java')", ""),
        ("java OR -senior", "('java')", "'senior'"),
        ("\"machine learning", "(('machine' <1> 'learning'))", ""),
        ("or", "('or')", ""),
        ("c++ -c", "('cplusplu')", "'clanguage'"),
        ("((java) & !kotlin):*", "('java' & 'kotlin')", ""),
        ("\"\" - '' \\ \0 🦀", "", ""),
    ] {
        assert_eq!(
            compile(text),
            (meant.to_owned(), without.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn each_language_drops_its_own_stop_words() {
    assert_eq!(
        compile("head of the departments").0,
        "('head' & 'of' & 'department') | ('head' & 'of' & 'the' & 'department')"
    );
    assert_eq!(
        compile("\"head the team\"").0,
        "(('head' <1> 'the' <1> 'team')) | (('head' <2> 'team'))"
    );
}

#[test]
fn whole_ads_are_asked_what_stands_side_by_side() {
    let query = Query::parse("\"head the teams\" java -\"machine learning\"");
    let compiled = query.compile(&lexemes(&query), &Language::ALL, Form::Paired);
    // "the" stops in English alone, which leaves its distance.
    assert_eq!(
        compiled.whole().as_deref(),
        Some(
            "(((('head' <1> 'the' <1> 'team') & '~acc2' & '~a301') & 'java') | \
             ((('head' <2> 'team') & '~5c4b') & 'java')) & \
             !((('machine' <1> 'learning') & '~c6b4'))"
        )
    );
    assert!(!compiled.meant.unwrap_or_default().contains('~'));
}

#[test]
fn marked_lexemes_are_asked_for_without_places() {
    let query = Query::parse("java OR \"machine learning\" -senior");
    let compiled = query.compile(&lexemes(&query), &Language::ALL, Form::Plain);
    assert_eq!(
        compiled.marked.as_deref(),
        Some("(('^java' | ('^machine' & '^learning')))")
    );
    assert!(compiled.has_phrase);
    assert_eq!(
        compiled.whole().as_deref(),
        Some("((('java' | ('machine' <1> 'learning')))) & !('senior')")
    );
}

#[test]
fn several_words_are_looked_up_in_each_language_alone() {
    let tiers = |text: &str, tier: Tier| {
        let query = Query::parse(text);
        let compiled = query.compile(&lexemes(&query), &Language::ALL, Form::Plain);
        (compiled.of_tier(tier), compiled.is_rough())
    };
    let of = |each: &[&str]| each.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        tiers("java the -rust", Tier::Text),
        (
            of(&[
                "(('java' & 'the')) & !((('^java' | '=java') & ('^the' | '=the'))) & !('rust')",
                "(('java')) & !((('^java' | '=java'))) & !('rust')"
            ]),
            true
        )
    );
    assert_eq!(
        tiers("java the", Tier::All).0,
        of(&["(('java' & 'the'))", "(('java'))"])
    );
    assert_eq!(tiers("java", Tier::Heading), (of(&["(('^java'))"]), false));
    assert_eq!(tiers("-rust", Tier::All), (of(&["!('rust')"]), false));
    assert_eq!(tiers("", Tier::All), (vec![], false));
}

#[test]
fn synonyms_stand_for_words_in_a_row() {
    let found = HashMap::from([
        (
            "rn".to_owned(),
            vec![vec!["registered".to_owned(), "nurse".to_owned()]],
        ),
        ("registered nurse".to_owned(), vec![vec!["rn".to_owned()]]),
        ("nurse".to_owned(), vec![vec!["carer".to_owned()]]),
    ]);
    for (text, meant) in [
        ("rn icu", "(('rn' | ('registered' <1> 'nurse')) & 'icu')"),
        ("registered nurse", "((('registered' & 'nurse') | 'rn'))"),
        ("nurse registered", "(('nurse' | 'carer') & 'registered')"),
        ("\"rn\"", "('rn')"),
        ("\"registered nurse\"", "(('registered' <1> 'nurse'))"),
        ("rn OR icu", "(('rn' | 'icu'))"),
        ("icu -rn", "('icu')"),
    ] {
        let mut query = Query::parse(text);
        query.expand(&found);
        let compiled = query.compile(&lexemes(&query), &Language::ALL, Form::Plain);
        assert_eq!(compiled.meant.as_deref(), Some(meant), "{text}");
    }
    let mut query = Query::parse("rn");
    query.expand(&found);
    let compiled = query.compile(&lexemes(&query), &Language::ALL, Form::Plain);
    assert_eq!(compiled.any.as_deref(), Some("'rn'"));
    assert!(compiled.shown.contains("nurse"));
    assert_eq!(Query::parse("a b \"c\" d").runs(), ["a", "a b", "b", "d"]);
}

#[test]
fn a_text_without_a_word_is_told_from_no_text() {
    assert!(!Query::parse("  ").is_senseless());
    assert!(Query::parse("+++").is_senseless());
    assert!(Query::parse("-").is_senseless());
    assert!(!Query::parse("-java").is_senseless());
}

#[test]
fn long_texts_are_cut() {
    let query = Query::parse(&"word ".repeat(10_000));
    assert_eq!(query.clauses.len(), MAX_WORDS);
    let query = Query::parse(&"x".repeat(10_000));
    assert_eq!(query.words()[0].chars().count(), terms::MAX_WORD_CHARS);
}

proptest! {
    /// Brackets balance and only lexemes are quoted, whatever was typed.
    #[test]
    fn any_text_is_a_query(text in "(\\PC|\"|-|OR| |\\||\\(|\\)|'|\\\\|a|\0){0,80}") {
        let (meant, without) = compile(&text);
        for tsquery in [meant, without] {
            let mut depth = 0;
            for c in tsquery.chars() {
                depth += i32::from(c == '(') - i32::from(c == ')');
                prop_assert!(depth >= 0);
                prop_assert!(c != '\0' && c != '\\');
            }
            prop_assert_eq!(depth, 0);
            prop_assert_eq!(tsquery.matches('\'').count() % 2, 0);
        }
    }

    /// No word that is asked for gets lost.
    #[test]
    fn plain_words_are_all_asked_for(words in prop::collection::vec("[b-z]{4,9}", 1..20)) {
        let query = Query::parse(&words.join(" "));
        prop_assert_eq!(query.clauses.len(), words.len());
    }
}
