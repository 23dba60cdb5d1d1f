//! Compounds of German and Dutch job titles.

/// What people are called by their work, as words end: "Softwareentwickler" is
/// also an "Entwickler". Folded.
const HEADS: &[&str] = &[
    "administrator",
    "adviseur",
    "analyst",
    "architekt",
    "arzt",
    "assistent",
    "assistenz",
    "backer",
    "beheerder",
    "berater",
    "betreuer",
    "buchhalter",
    "consultant",
    "designer",
    "elektroniker",
    "entwickler",
    "erzieher",
    "experte",
    "fachkraft",
    "fahrer",
    "helfer",
    "ingenieur",
    "installateur",
    "jurist",
    "kauffrau",
    "kaufmann",
    "koch",
    "lehrer",
    "leiter",
    "maler",
    "manager",
    "mechaniker",
    "mechatroniker",
    "medewerker",
    "meister",
    "mitarbeiter",
    "monteur",
    "ontwikkelaar",
    "pfleger",
    "planer",
    "praktikant",
    "programmierer",
    "redakteur",
    "referent",
    "sachbearbeiter",
    "schlosser",
    "spezialist",
    "student",
    "techniker",
    "therapeut",
    "trainer",
    "verkaufer",
];

/// The shortest word before a head: "Ko-" is none.
const MIN_FIRST: usize = 3;

/// The person that a folded word ends with, where that is not the word itself:
/// "softwareentwicklerinnen" and "entwicklerin" give "entwickler".
pub(super) fn person(word: &str) -> Option<&'static str> {
    ["", "innen", "in"].iter().find_map(|ending| {
        let stem = word.strip_suffix(ending)?;
        let head = HEADS
            .iter()
            .filter(|head| stem.ends_with(*head))
            .max_by_key(|head| head.len())?;
        let first = stem.len() - head.len();
        (first >= MIN_FIRST || first == 0 && !ending.is_empty()).then_some(*head)
    })
}

/// The plain form of a folded word for a woman: "entwicklerin" gives "entwickler".
pub(super) fn plain_form(word: &str) -> Option<&'static str> {
    let stem = word.strip_suffix("in")?;
    HEADS.iter().find(|head| **head == stem).copied()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_person_is_found_in_the_compound() {
        for (word, person) in [
            ("softwareentwickler", Some("entwickler")),
            ("webentwicklerin", Some("entwickler")),
            ("projektleiterinnen", Some("leiter")),
            ("bauingenieur", Some("ingenieur")),
            ("vertriebsmitarbeiter", Some("mitarbeiter")),
            ("entwickler", None),
            ("entwicklerin", Some("entwickler")),
            ("entwicklung", None),
            ("berlin", None),
            ("softwareontwikkelaar", Some("ontwikkelaar")),
        ] {
            assert_eq!(super::person(word), person, "{word}");
        }
    }
}
