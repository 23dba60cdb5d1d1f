use std::{os::unix::fs::MetadataExt, path::Path, time::Duration};

use serde_json::json;

use super::*;

fn site() -> Url {
    "https://jobs.example.com:8443/".parse().unwrap()
}

fn facts(title: &str) -> serde_json::Value {
    json!({
        "application_id": Uuid::nil(), "job_title": title, "company_name": "Smith & Sons",
        "applicant_name": "Ana Example", "status": "rejected", "has_employer": true,
        "external_url": null, "rejection_reason": "We need <b>more</b> Rust.", "message": null,
    })
}

fn rendered(template: Template, title: &str) -> Rendered {
    let ana = Recipient {
        first_name: "Ana".into(),
        language: Language::En,
        unsubscribe_url: None,
    };
    let (site, settings) = (site(), crate::settings::Settings::default());
    let frame = Frame {
        site: &site,
        brand: &Brand::new(&settings, &site),
        recipient: &ana,
    };
    let templates = Templates::built_in().unwrap();
    templates.render(template, frame, &facts(title)).unwrap()
}

fn config(smtp_url: Option<&str>, from: &str) -> config::Mail {
    config::Mail {
        smtp_url: smtp_url.map(|url| url.to_owned().into()),
        outbox_dir: None,
        from: from.into(),
        report_secret: None,
        templates_dir: None,
        answer_within: Duration::from_secs(60),
    }
}

fn wire(content: Rendered, to: &str) -> Result<String, SendError> {
    wire_from(None, content, to)
}

fn wire_from(sender_name: Option<&str>, content: Rendered, to: &str) -> Result<String, SendError> {
    let config = config(
        Some("smtp://localhost"),
        "The Job Board <noreply@example.com>",
    );
    let email = Email {
        id: Uuid::from_u128(7),
        site: &site(),
        to,
        sender_name,
        unsubscribe_url: None,
        content,
        date: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
    };
    let message = Mailer::new(&config).unwrap().message(&email)?;
    Ok(String::from_utf8(message.formatted()).unwrap())
}

#[test]
fn what_people_wrote_is_escaped_in_html_and_kept_in_text() {
    let mail = rendered(
        Template::ApplicationStatusChanged,
        "<script>alert(1)</script>",
    );
    assert!(!mail.html.contains("<script>"), "{}", mail.html);
    assert!(mail.html.contains("Smith &amp; Sons"), "{}", mail.html);
    assert!(mail.text.contains("<b>more</b>"), "{}", mail.text);
}

#[test]
fn a_title_cannot_begin_a_header_or_a_paragraph() {
    let title = "Painter\r\nBcc: victim@example.com\r\n\r\nDear\u{2028}friend";
    let mail = rendered(Template::ApplicationReceived, title);
    assert_eq!(
        mail.subject,
        "New application for Painter Bcc: victim@example.com Dear friend: Ana Example"
    );
    assert!(
        mail.text
            .contains("for Painter Bcc: victim@example.com Dear friend at")
    );
    let wire = wire(mail, "boss@example.com").unwrap();
    let headers = wire.split("\r\n\r\n").next().unwrap();
    assert!(
        !headers.lines().any(|line| line.starts_with("Bcc")),
        "{headers}"
    );
}

#[test]
fn a_subject_is_cut_to_a_length_that_people_read() {
    let mail = rendered(Template::ApplicationReceived, &"word ".repeat(100));
    assert!(mail.subject.chars().count() <= 150, "{}", mail.subject);
    assert!(mail.subject.ends_with("word…"), "{}", mail.subject);
}

#[test]
fn headers_say_who_what_and_that_a_machine_wrote() {
    let wire = wire(
        rendered(Template::ApplicationReceived, "Maler"),
        "boss@example.com",
    )
    .unwrap();
    for header in [
        "Message-ID: <00000000-0000-0000-0000-000000000007@jobs.example.com>",
        "Date: Fri, 15 Jan 2027 08:00:00 +0000",
        "From: \"The Job Board\" <noreply@example.com>",
        "To: boss@example.com",
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative;",
    ] {
        assert!(wire.contains(header), "{header}\n{wire}");
    }
}

#[test]
fn a_sender_name_is_a_name_and_nothing_else() {
    for (name, from) in [
        ("Acme via Jobs", "From: \"Acme via Jobs\" <"),
        ("Acme\r\nBcc: a@example.com\r\n\r\nHello", "From: "),
        ("\"Bank\" <support@bank.example>, x", "From: "),
        ("M\u{fc}ller \u{2028}AG", "From: =?utf-8?"),
    ] {
        let content = rendered(Template::ApplicationReceived, "Maler");
        let wire = wire_from(Some(name), content, "boss@example.com").unwrap();
        let headers = wire.split("\r\n\r\n").next().unwrap();
        let unfolded = headers.replace("\r\n ", " ");
        let senders: Vec<_> = unfolded
            .lines()
            .filter(|line| line.starts_with("From: "))
            .collect();
        let [sender] = senders.as_slice() else {
            panic!("one sender: {headers}");
        };
        assert!(sender.starts_with(from), "{sender}");
        assert!(sender.ends_with(" <noreply@example.com>"), "{sender}");
        assert!(
            !unfolded.lines().any(|line| line.starts_with("Bcc")),
            "{headers}"
        );
    }
}

/// A folder with one file, and what is said of it at the start.
fn told_of(file: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    let config = config::Mail {
        templates_dir: Some(folder.path().to_owned()),
        ..config(Some("smtp://localhost"), "a@example.com")
    };
    let told = Mailer::new(&config).err().map(|error| error.to_string());
    told.unwrap_or_default()
        .replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn templates_of_a_folder_are_tried_before_anything_starts() {
    let right = "{% block subject %}Changed{% endblock %}{% block title %}Changed{% endblock %}\n\
                 {% block body %}Hi{% endblock %}{% block reason %}You asked.{% endblock %}";
    assert_eq!(told_of("de/password_changed.txt", right), "");
    assert_eq!(told_of(".notes", "anything"), "");
    for (file, text, says) in [
        (
            "de/password_changed.txt",
            "{% block subject %}x{% endblock %}\n\n{% block body %}{{ nme }}{% endblock %}",
            "FOLDER/de/password_changed.txt, line 3: undefined value",
        ),
        (
            "fr/job_expired.txt",
            "{% block subject %}x{% endblock %}\n{% if waiting %}",
            "FOLDER/fr/job_expired.txt, line 2: syntax error",
        ),
        (
            "es/job_expired.txt",
            "{% block body %}x{% endblock %}",
            "FOLDER/es/job_expired.txt",
        ),
        (
            "en/job_expired.txt",
            "{% block subject %} {% endblock %}",
            "the block `subject` is empty",
        ),
        (
            "layout.html",
            "<p>{{ words.hullo }}</p>",
            "FOLDER/layout.html, line 1: undefined value",
        ),
        (
            "de/passwort.txt",
            right,
            "FOLDER/de/passwort.txt: there is no such mail template",
        ),
        ("it/password_changed.txt", right, "FOLDER/it: "),
        (
            "job_expired.txt",
            right,
            "FOLDER/job_expired.txt: there is no such mail template",
        ),
    ] {
        let told = told_of(file, text);
        assert!(told.starts_with("JOBBOARD_MAIL_TEMPLATES: "), "{told}");
        assert!(told.contains(says), "{told}");
    }
}

#[test]
fn templates_of_a_folder_stand_in_for_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("en")).unwrap();
    let words = "{% block subject %}Own: {{ job_title }}{% endblock %}\
                 {% block title %}Own{% endblock %}{% block body %}{{ job_title }}{% endblock %}\
                 {% block reason %}Because.{% endblock %}";
    std::fs::write(folder.path().join("en/job_expired.txt"), words).unwrap();
    let config = config::Mail {
        templates_dir: Some(folder.path().to_owned()),
        ..config(Some("smtp://localhost"), "a@example.com")
    };
    let (site, settings) = (site(), crate::settings::Settings::default());
    let brand = Brand::new(&settings, &site);
    let templates = Templates::configured(&config).unwrap();
    let rendered = |language| {
        let recipient = Recipient {
            first_name: String::new(),
            language,
            unsubscribe_url: None,
        };
        let frame = Frame {
            site: &site,
            brand: &brand,
            recipient: &recipient,
        };
        let facts = json!({"job_title": "<b>", "company_name": "x", "waiting": 0, "job_id": "y"});
        templates
            .render(Template::JobExpired, frame, &facts)
            .unwrap()
    };
    let own = rendered(Language::En);
    assert_eq!(own.subject, "Own: <b>");
    assert!(own.html.contains("<p>&lt;b&gt;</p>"), "{}", own.html);
    assert!(rendered(Language::De).subject.starts_with("Ihre"));
}

#[test]
fn an_address_that_is_none_is_refused_for_good() {
    let content = rendered(Template::ApplicationReceived, "Maler");
    let error = wire(content, "boss@example.com\r\nBcc: a@example.com").unwrap_err();
    assert!(matches!(error, SendError::Permanent(_)), "{error}");
}

#[test]
fn every_template_has_a_name_that_leads_back_to_it() {
    for template in Template::ALL {
        assert_eq!(template.name().parse::<Template>().unwrap(), template);
    }
}

#[test]
fn what_is_repeated_when_it_may_have_arrived() {
    let repeated = Template::ALL
        .into_iter()
        .filter(|template| template.repeats_when_unknown());
    assert_eq!(
        repeated.collect::<Vec<_>>(),
        [
            Template::ApplicationConfirmation,
            Template::ApplicationReceived,
            Template::ApplicationStatusChanged,
            Template::ApplicationWithdrawn,
            Template::OfferAccepted,
            Template::PasswordReset,
            Template::PasswordChanged,
            Template::EmailVerification,
            Template::EmailChanged,
            Template::AccountCreated,
            Template::VerificationDecided,
        ]
    );
}

#[test]
fn wrong_settings_are_named() {
    let error = |config: config::Mail| Mailer::new(&config).err().map(|error| error.to_string());
    let url = "smtp://localhost";
    assert_eq!(error(config(Some(url), "a@example.com")), None);
    for (url, from, says) in [
        (None, "a@example.com", "neither"),
        (Some(url), "nobody", "\"nobody\" is not"),
        (Some("http://localhost"), "a@example.com", "smtp://"),
        (Some("smtp://localhost?tls=maybe"), "a@example.com", "`tls`"),
        (Some("smtp://u:%ff@localhost"), "a@example.com", "UTF-8"),
        (Some("smtp://u@localhost"), "a@example.com", "no password"),
    ] {
        let told = error(config(url, from)).unwrap();
        assert!(told.contains(says), "{told}");
    }
}

#[tokio::test]
async fn the_folder_holds_one_file_for_one_mail() {
    let folder = tempfile::tempdir().unwrap();
    let config = config::Mail {
        outbox_dir: Some(folder.path().join("outbox")),
        ..config(None, "noreply@example.com")
    };
    let mailer = Mailer::new(&config).unwrap();
    let email = Email {
        id: Uuid::from_u128(7),
        site: &site(),
        to: "boss@example.com",
        sender_name: None,
        unsubscribe_url: None,
        content: rendered(Template::ApplicationReceived, "Maler"),
        date: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
    };
    for _ in 0..2 {
        let prepared = mailer.prepare(&email).await.unwrap();
        prepared.deliver().await.unwrap();
    }
    let names: Vec<_> = std::fs::read_dir(folder.path().join("outbox"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, [format!("{}.eml", email.id)]);
    let outbox = folder.path().join("outbox");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&outbox), 0o700);
    assert_eq!(mode(&outbox.join(&names[0])), 0o600);
}
