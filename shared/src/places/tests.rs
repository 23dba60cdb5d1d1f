use proptest::prelude::*;

use super::*;

/// Places as `name country`, then `|`, areas, then `| remote`.
fn read(text: &str) -> String {
    let location = geocode(text);
    let places: Vec<String> = location
        .places
        .iter()
        .map(|place| format!("{} {}", place.name, place.country))
        .collect();
    let areas: Vec<&str> = location.areas.iter().map(Area::name).collect();
    let mut said = vec![places.join(", "), areas.join(", ")];
    if location.is_remote {
        said.push("remote".to_owned());
    }
    said.retain(|part| !part.is_empty());
    said.join(" | ")
}

#[test]
fn locations_as_people_write_them() {
    let cases = [
        ("San Francisco, CA", "San Francisco US"),
        ("San Francisco", "San Francisco US"),
        ("SF", "San Francisco US"),
        ("München", "Munich DE"),
        ("Munich", "Munich DE"),
        ("MUENCHEN", "Munich DE"),
        ("80331 München", "Munich DE"),
        ("Muenchen, Bayern", "Munich DE"),
        ("Berlin, Germany", "Berlin DE"),
        ("Berlin, Berlin, Germany", "Berlin DE"),
        ("Germany - Berlin", "Berlin DE"),
        ("Berlin / Munich", "Berlin DE, Munich DE"),
        ("Berlin oder Hamburg", "Berlin DE, Hamburg DE"),
        ("Cologne, North Rhine-Westphalia, Germany", "Köln DE"),
        (
            "Bremen, Free Hanseatic City of Bremen, Germany",
            "Bremen DE",
        ),
        ("Halle (Saale)", "Halle (Saale) DE"),
        ("London", "London GB"),
        ("London, UK", "London GB"),
        ("London, ON", "London CA"),
        ("London, England", "London GB"),
        ("Offices in London, UK, Rennes, Fr", "London GB, Rennes FR"),
        ("Paris", "Paris FR"),
        ("Paris, Texas", "Paris US"),
        ("Cambridge, MA", "Cambridge US"),
        ("Birmingham, AL", "Birmingham US"),
        ("Birmingham", "Birmingham GB"),
        ("Monaco", "Monaco MC"),
        ("Singapore", "Singapore SG"),
        ("Toronto, On, Canada", "Toronto CA"),
        ("Toronto, CA", "Toronto CA"),
        ("Ontario", "Ontario"),
        ("Georgia", "Georgia"),
        ("Georgia, United States", "Georgia"),
        ("Mexico", "Mexico"),
        ("New York", "New York City US"),
        ("New York, NY", "New York City US"),
        ("New York, NY (NYC)", "New York City US"),
        ("Washington, DC", "Washington US"),
        ("Washington D.C.", "Washington US"),
        ("110 William St. N Y", "New York City US"),
        ("1 Centre St., N.Y.", "New York City US"),
        ("421 East 26th Street NY NY", "New York City US"),
        ("150 William Street, New York N", "New York City US"),
        ("335 Adams Street, Brooklyn Ny", "Brooklyn US"),
        ("Kinderhook, NY", "New York"),
        ("1826 Arthur Ave., Bronx", "The Bronx US"),
        ("22 Reade St, Ny", "New York City US"),
        ("2389 Route 28A, Shokan, Ny", "New York"),
        ("195 Montague St Brooklyn 11201", "Brooklyn US"),
        ("130 Stuyvesant Place, S.I.", ""),
        ("Austin TX 78701", "Austin US"),
        ("Austin, TX, Full-stack engineers", "Austin US"),
        (
            "Ann Arbor MI, Austin TX, Remote",
            "Ann Arbor US, Austin US | remote",
        ),
        ("Lehi, Utah", "Lehi US"),
        (
            "SF, Vienna, Toronto, and Boston",
            "San Francisco US, Vienna AT, Toronto CA, Boston US",
        ),
        (
            "NYC, SF, REMOTE (USA)",
            "New York City US, San Francisco US | remote",
        ),
        ("San Francisco & Seattle", "San Francisco US, Seattle US"),
        ("Canada, United States", "Canada, United States"),
        ("Singapore, Taiwan", "Singapore SG | Taiwan"),
        ("Trinidad and Tobago", "Trinidad and Tobago"),
        ("Berlin, Kentucky", "Kentucky"),
        ("Remote", "remote"),
        ("Remote (EU)", "European Union | remote"),
        ("Remote - US", "United States | remote"),
        ("Remote (North America)", "North America | remote"),
        ("Worldwide", "Worldwide | remote"),
        ("Northern Virginia", "Virginia"),
        ("Northern Ireland", "Northern Ireland"),
        ("Western Australia", "Western Australia"),
        ("CET (+/- 3 hours)", "Europe"),
        ("Time zone: CET (+/- 3 hours)", "Europe"),
        ("Springfield", "Springfield US"),
        ("Springfield, IL", "Springfield US"),
        ("Valencia", "Valencia VE"),
        ("Valencia, Spain", "Valencia ES"),
        ("Valencia, Venezuela", "Valencia VE"),
        ("San José, Costa Rica", "San José CR"),
        ("San Jose, CA", "San Jose US"),
        ("Frankfurt (Oder)", "Frankfurt (Oder) DE"),
        ("Frankfurt am Main", "Frankfurt am Main DE"),
        ("Manchester, NH", "Manchester US"),
        ("Manchester", "Manchester GB"),
        ("Homeoffice, Deutschland", "Germany | remote"),
        ("Москва", "Moscow RU"),
        ("東京", "Tokyo JP"),
        ("Bangalore, India", "Bengaluru IN"),
        ("Middle-earth", ""),
        ("Not Used", ""),
        ("Full-Time", ""),
        ("Engineering, DevOps, QA", ""),
        ("Software Engineers & More", ""),
        ("Ireland,  USA", "Ireland, United States"),
        ("Senior Full Stack Engineer", ""),
        ("100 Gold Street", ""),
        ("", ""),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| read(text) != *expected)
        .map(|(text, expected)| format!("{text:?}: {:?}, not {expected:?}", read(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_place_knows_where_it_is() {
    let munich = geocode("München").places[0];
    assert_eq!(munich.to_string(), "Munich, Bavaria, Germany");
    assert_eq!((munich.country, munich.admin1), ("DE", "02"));
    assert_eq!(munich.timezone, "Europe/Berlin");
    assert!((munich.latitude - 48.137).abs() < 0.01 && (munich.longitude - 11.575).abs() < 0.01);
    assert!(munich.population > 1_000_000);
}

#[test]
fn countries_of_a_location() {
    assert_eq!(
        geocode("Berlin, Paris, Texas, Remote (Canada)").countries(),
        ["CA", "DE", "US"]
    );
}

#[test]
fn ten_thousand_places_are_still_a_short_list() {
    let text = ["Berlin", "Paris", "Rome", "Madrid", "Vienna", "Oslo"]
        .join(", ")
        .repeat(500);
    assert!(geocode(&text).places.len() <= MAX_PLACES);
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        geocode(&text);
    }

    #[test]
    fn any_mixture_of_known_parts_is_read(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "Berlin", "N.Y.", "CA", "on", "Remote", "(", ")", ",", "/", " - ", "12", "Georgia", "in", "and", " ",
                "ß", "İ", "\u{301}", "🦀", "10115",
            ]),
            0..12,
        )
    ) {
        let location = geocode(&parts.concat());
        prop_assert!(location.places.len() <= MAX_PLACES);
        geocode(&parts.join(" "));
    }

    #[test]
    fn a_folded_text_folds_to_itself(text in "\\PC{0,30}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }
}
