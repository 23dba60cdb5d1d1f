//! The rows of what people did.

use super::{
    super::{ApplicationRow, JobView, SavedJob, StatusChange},
    Writer, in_years,
};
use crate::sample_data::history::{Application, History};

impl Writer<'_> {
    pub(super) fn history(&mut self, history: &History) {
        for view in &history.views {
            let row = JobView {
                id: self.id(view.at),
                user_id: view.person.map(|person| self.freelancer_users[person]),
                job_id: self.rows.jobs[view.ad].id,
                duration_seconds: view.seconds,
                viewed_at: view.at,
            };
            self.rows.views.push(row);
        }
        for save in &history.saves {
            let row = SavedJob {
                id: self.id(save.at),
                user_id: self.freelancer_users[save.person],
                job_id: self.rows.jobs[save.ad].id,
                created_at: save.at,
            };
            self.rows.saves.push(row);
        }
        for application in &history.applications {
            self.application(application);
        }
    }

    fn application(&mut self, application: &Application) {
        let board = self.board;
        let (person, ad) = (
            &board.people[application.person],
            &board.ads[application.ad],
        );
        let company = &board.companies[ad.company];
        let applicant_id = self.freelancer_users[application.person];
        let manager = company.employer.map(|number| self.employer_users[number]);
        let (_, applied_at) = application.moves[0];
        let (status, status_changed_at) = application.moves[application.moves.len() - 1];
        let id = self.id(applied_at);
        let mut from = None;
        for &(to, at) in &application.moves {
            let row = StatusChange {
                id: self.id(at),
                application_id: id,
                changed_by: if matches!(to, "pending" | "withdrawn") {
                    Some(applicant_id)
                } else {
                    manager
                },
                from_status: from,
                to_status: to,
                changed_at: at,
            };
            from = Some(to);
            self.rows.status_changes.push(row);
        }
        let reviewed = application
            .moves
            .iter()
            .find(|(status, _)| *status == "reviewing");
        self.rows.applications.push(ApplicationRow {
            id,
            job_id: self.rows.jobs[application.ad].id,
            applicant_id,
            cover_letter: format!(
                "Dear team of {},\n\nI would like to join you as {}. In {} as {} I have worked with {}, and I \
                 look forward to telling you more.\n\n{} {}",
                company.name,
                ad.title,
                in_years(person.years),
                board.professions[person.profession].title,
                person.skills[0].name,
                person.first_name,
                person.last_name,
            ),
            status,
            rejection_reason: (status == "rejected").then_some("We have decided for somebody with more experience in the field."),
            rating: application.rating,
            applied_at,
            reviewed_at: reviewed.map(|(_, at)| *at),
            status_changed_at,
            updated_at: status_changed_at,
        });
    }
}
