//! How mails look on a telephone: pictures of all of them, to be looked at, and what a
//! program can see of them.

use std::{fs, path::Path};

use jobboard_shared::mail::{Language, Rendered, Template, samples};
use serde_json::{Value, json};

use super::rendered;
use crate::support::Browser;

const WIDTH: u32 = 360;

/// What is wrong with the page as it stands: wider than the screen, smaller than people
/// read, or a link that a finger does not hit.
const FAULTS: &str = "(() => {
    const faults = [], wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide) faults.push('the page scrolls sideways');
    for (const e of document.querySelectorAll('body *')) {
        const r = e.getBoundingClientRect(), name = e.tagName + ' ' + e.textContent.slice(0, 40);
        if (r.width && (r.left < 0 || r.right > wide + 0.5)) faults.push('beyond the edge: ' + name);
        if (e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 13)
            faults.push('too small: ' + name);
        if (e.matches('a.action') && r.height < 40) faults.push('too low a button: ' + name);
    }
    return faults;
})()";

async fn look(browser: &mut Browser, folder: &Path, name: &str, mail: &Rendered) {
    let page = folder.join("mail.html");
    fs::write(&page, &mail.html).unwrap();
    browser.open(&format!("file://{}", page.display())).await;
    let faults = browser.value(FAULTS).await;
    assert_eq!(faults, json!([]), "{name}");
    let picture = browser.picture().await;
    fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    fs::remove_file(page).unwrap();
}

/// The pictures stay in `target/tmp/mails/`.
#[tokio::test]
async fn every_mail_fits_a_telephone() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mails");
    fs::create_dir_all(&folder).unwrap();
    let mut browser = Browser::start().await;
    browser.as_wide_as(WIDTH).await;
    for dark in [false, true] {
        browser.prefer_dark(dark).await;
        let languages = if dark {
            &Language::ALL[..1]
        } else {
            &Language::ALL
        };
        for language in languages {
            for template in Template::ALL {
                for sample in samples(template) {
                    let mail = rendered(template, *language, &sample);
                    let shade = if dark { "_dark" } else { "" };
                    let name = format!("{language}_{}{shade}", sample.name);
                    look(&mut browser, &folder, &name, &mail).await;
                }
            }
        }
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// Not an address, a day, or what the board calls something.
fn is_name(text: &str) -> bool {
    text.len() > 8 && !text.contains("://") && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// A name without a space that is longer than a screen is wide.
fn lengthen(facts: &mut Value) {
    match facts {
        Value::String(text) if is_name(text.as_str()) => {
            *text = "Donaudampfschifffahrtsgesellschaftskapit\u{e4}nswitwe".repeat(3);
        }
        Value::Array(all) => all.iter_mut().for_each(lengthen),
        Value::Object(all) => all.values_mut().for_each(lengthen),
        _ => {}
    }
}

#[tokio::test]
async fn long_words_break() {
    let folder = tempfile::tempdir().unwrap();
    let mut browser = Browser::start().await;
    browser.as_wide_as(WIDTH).await;
    for template in Template::ALL {
        for mut sample in samples(template) {
            let status = sample.facts.get("status").cloned();
            lengthen(&mut sample.facts);
            if let Some(status) = status {
                sample.facts["status"] = status;
            }
            let mail = rendered(template, Language::De, &sample);
            look(&mut browser, folder.path(), &sample.name, &mail).await;
        }
    }
}
