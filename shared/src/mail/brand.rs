//! How the mails of a board look, and who they say they are from.

use serde::Serialize;
use url::Url;

use super::markup::one_line;
use crate::settings::{Settings, is_color};

/// As templates see it, where it is `brand`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brand {
    /// Never empty.
    pub name: String,
    /// Of buttons and links: `#rrggbb`, as all colours here.
    pub color: String,
    /// Of words upon it.
    pub on_color: &'static str,
    /// Of links where the mail program shows mails dark.
    pub color_in_dark: String,
    /// Around the mail.
    pub background: String,
    /// Of words upon that.
    pub on_background: &'static str,
    /// Of a picture; empty: there is none.
    pub logo_url: String,
    /// The lines of a postal address and whatever else the law wants; may be empty.
    pub footer: Vec<String>,
    /// Whether somebody has chosen the name.
    #[serde(skip)]
    is_named: bool,
}

impl Brand {
    /// Where no name is chosen the board is called as its host.
    pub fn new(settings: &Settings, site: &Url) -> Self {
        let or = |text: &str, otherwise: &str| match text {
            "" => otherwise.to_owned(),
            text => text.to_owned(),
        };
        let host = site.host_str().unwrap_or("localhost");
        let lines = settings.brand_footer.lines().map(str::trim);
        Self {
            name: or(settings.brand_name.trim(), host),
            on_color: words_upon(&settings.brand_color),
            color_in_dark: readable_upon_dark(&settings.brand_color),
            color: settings.brand_color.clone(),
            on_background: words_upon(&settings.brand_background),
            background: settings.brand_background.clone(),
            logo_url: settings.brand_logo.clone(),
            footer: lines
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect(),
            is_named: !settings.brand_name.trim().is_empty(),
        }
    }

    /// Whom a mail names as its sender, beside the address that the operator has
    /// configured: a company speaks through the board, so that none can pass for
    /// something else, by a name that hides the board's or looks like an address.
    /// `None`: the name that the operator has configured.
    pub fn sender(&self, company: Option<&str>) -> Option<String> {
        // Both together are shorter than what is cut off any sender's name.
        let plain = company.map(|name| one_line(&name.replace(['<', '>', '@', '"'], " "), 80));
        match plain.filter(|name| !name.is_empty()) {
            Some(company) => Some(format!("{company} via {}", one_line(&self.name, 60))),
            None => self.is_named.then(|| self.name.clone()),
        }
    }
}

const LIGHT: &str = "#ffffff";
const DARK: &str = "#1f2933";
/// Behind the words where the mail program shows mails dark, as in the layout.
const DARK_PAPER: Rgb = Rgb([0x1f, 0x26, 0x2d]);
/// What the Web Content Accessibility Guidelines ask of words.
const READABLE: f64 = 4.5;

#[derive(Clone, Copy)]
struct Rgb([u8; 3]);

impl Rgb {
    /// Black where it is no colour, which the settings refuse.
    fn parse(text: &str) -> Self {
        let at = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).unwrap_or(0);
        if is_color(text) {
            Self([at(1), at(3), at(5)])
        } else {
            Self([0; 3])
        }
    }

    /// How bright it looks, 0 to 1.
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// 1 (the same) to 21 (black and white).
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// A step of eighths towards white.
    fn lighter(self, eighths: u16) -> Self {
        Self(self.0.map(|part| {
            let mixed = (u16::from(part) * (8 - eighths) + 255 * eighths) / 8;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        }))
    }
}

fn words_upon(color: &str) -> &'static str {
    let color = Rgb::parse(color);
    if color.contrast(Rgb::parse(LIGHT)) >= color.contrast(Rgb::parse(DARK)) {
        LIGHT
    } else {
        DARK
    }
}

/// The colour, or the darkest lighter one of its kind that can be read there.
fn readable_upon_dark(color: &str) -> String {
    let color = Rgb::parse(color);
    let lighter = (0..=8).map(|eighths| color.lighter(eighths));
    let Rgb([r, g, b]) = lighter
        .into_iter()
        .find(|shade| shade.contrast(DARK_PAPER) >= READABLE)
        .unwrap_or(Rgb([255; 3]));
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(change: impl FnOnce(&mut Settings)) -> Brand {
        let mut settings = Settings::default();
        change(&mut settings);
        Brand::new(&settings, &"https://jobs.example.com/".parse().unwrap())
    }

    #[test]
    fn a_board_without_a_name_is_called_as_its_host() {
        let plain = brand(|_| {});
        assert_eq!(plain.name, "jobs.example.com");
        assert_eq!(plain.sender(None), None);
        assert_eq!(
            plain.sender(Some("Acme")).as_deref(),
            Some("Acme via jobs.example.com")
        );
        assert_eq!(
            plain.sender(Some("\"Boss\" <ceo@bank.test>")).as_deref(),
            Some("Boss ceo bank.test via jobs.example.com")
        );
        let long = plain.sender(Some(&"Customer Service ".repeat(12))).unwrap();
        assert!(long.ends_with("… via jobs.example.com"), "{long}");
        let named = brand(|settings| {
            settings.brand_name = "Good Jobs".into();
            settings.brand_footer = "Good Jobs Ltd\r\n\r\n 1 High Street ".into();
        });
        assert_eq!(named.sender(None).as_deref(), Some("Good Jobs"));
        assert_eq!(named.footer, ["Good Jobs Ltd", "1 High Street"]);
    }

    #[test]
    fn words_can_be_read_upon_every_colour() {
        for color in [
            "#1f5f8b", "#ffd400", "#000000", "#ffffff", "#808080", "#ff0000",
        ] {
            let shown = brand(|settings| {
                settings.brand_color = color.into();
                settings.brand_background = color.into();
            });
            let button = Rgb::parse(color).contrast(Rgb::parse(shown.on_color));
            assert!(button >= 3.5, "{color}: {button}");
            assert_eq!(shown.on_background, shown.on_color);
            let link = Rgb::parse(&shown.color_in_dark).contrast(DARK_PAPER);
            assert!(link >= READABLE, "{color}: {link}");
        }
    }
}
