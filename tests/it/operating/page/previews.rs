//! Every mail as it would be sent now.

use serde_json::json;

use super::signed_in;
use crate::support::TestApp;

#[tokio::test]
async fn administrators_see_every_mail_in_every_language_with_the_board_s_brand() {
    let app = TestApp::start().await;
    let (visitor, admin) = signed_in(&app).await;
    let body = json!({
        "brand_name": "Good <Jobs>", "brand_color": "#ffd400", "brand_background": "#003300",
        "brand_logo": "https://cdn.example.com/a.png?x=1&y=\"2\"",
        "brand_footer": "Good Jobs Ltd\n1 High <Street>",
    });
    admin.patch("/api/admin/settings/", body).await.expect(200);
    for (language, subject) in [
        ("en", "Your job has expired: Painter &amp; decorator"),
        (
            "de",
            "Ihre Stellenanzeige ist abgelaufen: Painter &amp; decorator",
        ),
        ("fr", "Votre offre a expir\u{e9} : Painter &amp; decorator"),
        ("es", "Su anuncio ha caducado: Painter &amp; decorator"),
    ] {
        let list = visitor
            .get(&format!("/admin/mails/?language={language}"))
            .await;
        assert_eq!(list.status, 200, "{}", list.text);
        assert!(list.text.contains(subject), "{}", list.text);
        let path = format!("/admin/mails/job_expired_1/?language={language}");
        let page = visitor.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains(subject), "{}", page.text);
        assert!(page.text.contains("1 High &lt;Street&gt;"), "{}", page.text);
        let path = format!("/admin/mails/job_expired_1/content/?language={language}");
        let mail = visitor.get(&path).await;
        assert!(mail.policy.contains("sandbox"), "{}", mail.policy);
        assert!(
            mail.policy.contains("default-src 'none'"),
            "{}",
            mail.policy
        );
        for part in [
            "alt=\"Good &lt;Jobs&gt;\"",
            "src=\"https://cdn.example.com/a.png?x=1&amp;y=&quot;2&quot;\"",
            "1 High &lt;Street&gt;",
            "background: #ffd400; color: #1f2933",
            "background: #003300",
        ] {
            assert!(mail.text.contains(part), "{part}: {}", mail.text);
        }
        assert!(!mail.text.contains("<Jobs>"), "{}", mail.text);
    }
    for path in [
        "/admin/mails/?language=it",
        "/admin/mails/no_such_mail/",
        "/admin/mails/no_such_mail/content/",
    ] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
}
