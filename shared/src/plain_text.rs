//! Plain text out of the HTML that ads are pasted in.

use std::borrow::Cow;

use unicode_normalization::char::compose;

/// The longest tag that is taken for one; a "<" further from its ">" is text.
const MAX_TAG_BYTES: usize = 2_000;
/// The longest name of an entity with its "&" and ";".
const MAX_ENTITY_BYTES: usize = 12;

/// Text without tags and entities. Where a block or line ended there is a line
/// break, so that the words of two never touch. Text that was escaped twice, as
/// feeds do, is read twice. The result is for indexing and must still be escaped
/// before it is shown.
pub fn plain_text(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    let once = decode_entities(&strip(text));
    if text.contains("&lt;") || text.contains("&amp;") {
        Cow::Owned(decode_entities(&strip(&once)))
    } else {
        Cow::Owned(once)
    }
}

fn strip(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        match tag(rest) {
            Some((name, length)) => {
                rest = &rest[length..];
                if matches!(name.as_str(), "script" | "style" | "head" | "title") {
                    rest = after_closing(rest, &name);
                }
                if !is_inline(&name) {
                    plain.push('\n');
                }
            }
            None => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// The lower-case name and length of the tag or comment at the start of `text`.
fn tag(text: &str) -> Option<(String, usize)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        let end = comment.find("-->").map_or(text.len(), |end| end + 7);
        return Some((String::new(), end));
    }
    let inner = text.strip_prefix('<')?;
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
        return None;
    }
    let end = text.bytes().take(MAX_TAG_BYTES).position(|b| b == b'>')?;
    let name = inner
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Some((name, end + 1))
}

fn after_closing<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at..];
        match tag(rest) {
            Some((closed, length)) if closed == name => return &rest[length..],
            _ => rest = &rest[2..],
        }
    }
    // Never closed: the text is more use than the markup.
    text
}

/// Tags inside a word or sentence, which separate nothing.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "big"
            | "em"
            | "font"
            | "i"
            | "mark"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "u"
            | "wbr"
    )
}

/// Text with its character references (`&amp;`, `&#x2F;`) read, once.
pub fn decode_entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(MAX_ENTITY_BYTES).position(|b| b == b';');
        match end.and_then(|end| Some((entity(rest.get(1..end)?)?, end))) {
            Some((c, end)) => {
                plain.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "shy" | "zwj" | "zwnj" => '\u{ad}',
        "ndash" | "mdash" | "minus" => '–',
        "lsquo" | "rsquo" | "sbquo" => '’',
        "ldquo" | "rdquo" | "bdquo" => '“',
        "laquo" => '«',
        "raquo" => '»',
        "bull" | "middot" => '•',
        "hellip" => '…',
        "euro" => '€',
        "pound" => '£',
        "cent" => '¢',
        "yen" => '¥',
        "sect" => '§',
        "deg" => '°',
        "reg" => '®',
        "copy" => '©',
        "trade" => '™',
        "times" => '×',
        "rarr" => '→',
        "frac12" => '½',
        "iexcl" => '¡',
        "iquest" => '¿',
        "ordf" => 'ª',
        "ordm" => 'º',
        "szlig" => 'ß',
        "aelig" => 'æ',
        "AElig" => 'Æ',
        "oelig" => 'œ',
        "OElig" => 'Œ',
        "oslash" => 'ø',
        "Oslash" => 'Ø',
        _ => return accented(name),
    })
}

/// "eacute", "Uuml": a letter and the name of its mark.
fn accented(name: &str) -> Option<char> {
    let letter = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let mark = match &name[1..] {
        "grave" => '\u{300}',
        "acute" => '\u{301}',
        "circ" => '\u{302}',
        "tilde" => '\u{303}',
        "uml" => '\u{308}',
        "ring" => '\u{30a}',
        "caron" => '\u{30c}',
        "cedil" => '\u{327}',
        _ => return None,
    };
    compose(letter, mark)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_goes_and_words_stay_apart() {
        for (html, text) in [
            ("<p>One</p><p>Two</p>", "\nOne\n\nTwo\n"),
            ("a<b>b</b>c", "abc"),
            ("x<br/>y", "x\ny"),
            (
                "M&uuml;nchen &amp; K&#246;ln&nbsp;&#x41;",
                "München & Köln A",
            ),
            ("<script>if (a < b) {}</script>text", "\ntext"),
            ("a < b and c > d", "a < b and c > d"),
            ("5 <6 >", "5 <6 >"),
            ("<!-- no -->yes", "\nyes"),
            ("&lt;p&gt;C++&lt;/p&gt;", "\nC++\n"),
            ("&amp;nbsp;x", " x"),
            ("AT&T &unknown; &", "AT&T &unknown; &"),
            ("<a title=\"x", "<a title=\"x"),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\PC|<|>|&|;|#|/|p|amp|lt|script| ){0,60}") {
            plain_text(&text);
        }
    }
}
