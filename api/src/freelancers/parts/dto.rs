//! The lists of a profile as clients send and see them.

use chrono::{DateTime, NaiveDate, Utc};
use jobboard_shared::freelancers::parts::{
    Certification, Education, Entry, Project, WorkExperience,
};
use poem_openapi::Object;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Defines the body of a request, the entry that is answered, and the ways between
/// them and the domain's type.
macro_rules! part {
    (
        $domain:ident, $(#[$input_doc:meta])* $input:ident, $(#[$view_doc:meta])* $view:ident,
        { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }
    ) => {
        $(#[$input_doc])*
        #[derive(Debug, Object)]
        pub(crate) struct $input {
            $($(#[$attribute])* $field: $type,)*
        }

        $(#[$view_doc])*
        #[derive(Debug, Object)]
        pub(crate) struct $view {
            id: Uuid,
            $($field: $type,)*
            created_at: DateTime<Utc>,
            updated_at: DateTime<Utc>,
        }

        impl From<$input> for $domain {
            fn from(input: $input) -> Self {
                Self { $($field: input.$field,)* }
            }
        }

        impl From<Entry<$domain>> for $view {
            fn from(entry: Entry<$domain>) -> Self {
                Self {
                    id: entry.id,
                    $($field: entry.details.$field,)*
                    created_at: entry.created_at,
                    updated_at: entry.updated_at,
                }
            }
        }
    };
}

part! {
    Project,
    /// A project to show; what is left out is emptied
    PortfolioInput,
    /// A project that a job seeker shows
    Portfolio,
    {
        #[oai(validator(min_length = 1, max_length = 200))]
        title: String,
        #[oai(default, validator(max_length = 20000))]
        description: String,
        #[oai(validator(max_length = 2000))]
        project_url: Option<String>,
        #[oai(validator(max_length = 2000))]
        thumbnail_url: Option<String>,
        /// Addresses
        #[oai(default, validator(max_items = 20))]
        images: Vec<String>,
        #[oai(default, validator(max_items = 50))]
        technologies_used: Vec<String>,
        project_date: Option<NaiveDate>,
        #[oai(validator(max_length = 200))]
        client_name: Option<String>,
        #[oai(validator(max_length = 100))]
        project_type: Option<String>,
        #[oai(default)]
        is_featured: bool,
    }
}

part! {
    WorkExperience,
    /// A job that somebody has or had; what is left out is emptied
    WorkExperienceInput,
    /// A job that a job seeker has or had
    WorkExperienceEntry,
    {
        #[oai(validator(min_length = 1, max_length = 200))]
        company_name: String,
        #[oai(validator(min_length = 1, max_length = 200))]
        job_title: String,
        #[oai(default, validator(max_length = 20000))]
        description: String,
        #[oai(default, validator(max_length = 20000))]
        responsibilities: String,
        #[oai(validator(max_length = 300))]
        location: Option<String>,
        start_date: NaiveDate,
        /// Left out exactly where it is current
        end_date: Option<NaiveDate>,
        #[oai(default)]
        is_current: bool,
    }
}

part! {
    Education,
    /// A degree or a course; what is left out is emptied
    EducationInput,
    /// A degree or a course of a job seeker
    EducationEntry,
    {
        #[oai(validator(min_length = 1, max_length = 200))]
        institution: String,
        #[oai(validator(min_length = 1, max_length = 200))]
        degree: String,
        #[oai(validator(max_length = 200))]
        field_of_study: Option<String>,
        #[oai(default, validator(max_length = 20000))]
        description: String,
        start_date: NaiveDate,
        /// May lie ahead
        end_date: Option<NaiveDate>,
        #[oai(default)]
        is_current: bool,
        /// Below 100, at most two decimals
        gpa: Option<Decimal>,
    }
}

part! {
    Certification,
    /// A certificate; what is left out is emptied
    CertificationInput,
    /// A certificate of a job seeker
    CertificationEntry,
    {
        #[oai(validator(min_length = 1, max_length = 200))]
        name: String,
        #[oai(validator(min_length = 1, max_length = 200))]
        issuing_organization: String,
        #[oai(validator(max_length = 200))]
        credential_id: Option<String>,
        #[oai(validator(max_length = 2000))]
        credential_url: Option<String>,
        issue_date: NaiveDate,
        expiry_date: Option<NaiveDate>,
        #[oai(default)]
        does_not_expire: bool,
    }
}
