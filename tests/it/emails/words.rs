//! Every mail, word for word.

use std::fmt::Write;

use jobboard_shared::mail::{Language, Template, samples};

use super::rendered;

fn check(name: &str, shown: &str) {
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, shown) });
}

#[test]
fn in_english_as_text_and_html() {
    for template in Template::ALL {
        for sample in samples(template) {
            let mail = rendered(template, Language::En, &sample);
            let part = |from: &str, to: &str| {
                let start = mail.html.find(from).expect("the part's beginning");
                &mail.html[start..mail.html.find(to).expect("the part's end") + to.len()]
            };
            let shown = format!(
                "Subject: {}\n\n{}\n==== HTML ====\n{}\n{}",
                mail.subject,
                mail.text,
                part("<title>", "</title>"),
                part("<header>", "</footer>"),
            );
            // What is escaped twice is no address any more.
            assert!(!mail.html.contains("&amp;#"), "{}", mail.html);
            check(&format!("email_{}", sample.name), &shown);
        }
    }
}

/// The HTML is made of the same source.
#[test]
fn in_the_other_languages_as_text() {
    for language in [Language::De, Language::Fr, Language::Es] {
        let mut shown = String::new();
        for template in Template::ALL {
            for sample in samples(template) {
                let mail = rendered(template, language, &sample);
                let name = &sample.name;
                let (subject, text) = (&mail.subject, &mail.text);
                writeln!(shown, "######## {name}\nSubject: {subject}\n\n{text}").unwrap();
            }
        }
        check(&format!("emails_{language}"), &shown);
    }
}

#[test]
fn each_language_has_words_of_its_own() {
    for template in Template::ALL {
        for sample in samples(template) {
            let mails = Language::ALL.map(|language| rendered(template, language, &sample));
            for (i, mail) in mails.iter().enumerate() {
                for other in &mails[i + 1..] {
                    assert_ne!(mail.subject, other.subject, "{}", sample.name);
                }
            }
        }
    }
}
