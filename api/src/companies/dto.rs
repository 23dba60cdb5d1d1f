//! Companies as clients send and see them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use jobboard_shared::companies::{self, CompanyDetails};
use poem_openapi::{Object, types::MaybeUndefined};
use uuid::Uuid;

/// A company
#[derive(Debug, Object)]
pub(crate) struct Company {
    id: Uuid,
    /// The profile of its employer; null, if nobody has claimed it yet
    employer_id: Option<Uuid>,
    name: String,
    /// Stays when the name changes
    slug: String,
    description: String,
    logo_url: Option<String>,
    cover_image_url: Option<String>,
    website: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    industry: Option<String>,
    size: Option<String>,
    headquarters_location: Option<String>,
    office_locations: Vec<String>,
    founded_date: Option<NaiveDate>,
    employee_count: Option<i32>,
    culture_description: Option<String>,
    benefits: Vec<String>,
    /// Name of the network -> address
    social_media_links: HashMap<String, String>,
    /// Whom mails on its behalf name as their sender; null: its name
    mail_sender_name: Option<String>,
    is_verified: bool,
    verified_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<companies::Company> for Company {
    fn from(company: companies::Company) -> Self {
        let details = company.details;
        Self {
            id: company.id,
            employer_id: company.employer_id,
            name: details.name,
            slug: company.slug,
            description: details.description,
            logo_url: details.logo_url,
            cover_image_url: details.cover_image_url,
            website: details.website,
            email: details.email,
            phone: details.phone,
            industry: details.industry,
            size: details.size,
            headquarters_location: details.headquarters_location,
            office_locations: details.office_locations,
            founded_date: details.founded_date,
            employee_count: details.employee_count,
            culture_description: details.culture_description,
            benefits: details.benefits,
            social_media_links: details.social_media_links.into_iter().collect(),
            mail_sender_name: details.mail_sender_name,
            is_verified: company.is_verified,
            verified_at: company.verified_at,
            created_at: company.created_at,
            updated_at: company.updated_at,
        }
    }
}

/// A company, whole
#[derive(Debug, Object)]
pub(crate) struct CompanyInput {
    /// Case, punctuation and legal form do not tell names apart: "Acme, Inc." is "ACME"
    #[oai(validator(min_length = 1, max_length = 200))]
    name: String,
    #[oai(default, validator(max_length = 50000))]
    description: String,
    #[oai(validator(max_length = 2000))]
    logo_url: Option<String>,
    #[oai(validator(max_length = 2000))]
    cover_image_url: Option<String>,
    #[oai(validator(max_length = 2000))]
    website: Option<String>,
    #[oai(validator(max_length = 254))]
    email: Option<String>,
    #[oai(validator(max_length = 40))]
    phone: Option<String>,
    #[oai(validator(max_length = 200))]
    industry: Option<String>,
    #[oai(validator(max_length = 50))]
    size: Option<String>,
    #[oai(validator(max_length = 300))]
    headquarters_location: Option<String>,
    #[oai(default, validator(max_items = 100))]
    office_locations: Vec<String>,
    founded_date: Option<NaiveDate>,
    #[oai(validator(minimum(value = "0")))]
    employee_count: Option<i32>,
    #[oai(validator(max_length = 50000))]
    culture_description: Option<String>,
    #[oai(default, validator(max_items = 100))]
    benefits: Vec<String>,
    /// Name of the network -> address
    #[oai(default)]
    social_media_links: HashMap<String, String>,
    /// Whom mails on its behalf name as their sender, followed by the board's name;
    /// null: its name
    #[oai(validator(min_length = 1, max_length = 100))]
    mail_sender_name: Option<String>,
}

impl From<CompanyInput> for CompanyDetails {
    fn from(input: CompanyInput) -> Self {
        Self {
            name: input.name.split_whitespace().collect::<Vec<_>>().join(" "),
            description: input.description,
            logo_url: input.logo_url,
            cover_image_url: input.cover_image_url,
            website: input.website,
            email: input.email,
            phone: input.phone,
            industry: input.industry,
            size: input.size,
            headquarters_location: input.headquarters_location,
            office_locations: input.office_locations,
            founded_date: input.founded_date,
            employee_count: input.employee_count,
            culture_description: input.culture_description,
            benefits: input.benefits,
            social_media_links: input
                .social_media_links
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            mail_sender_name: input
                .mail_sender_name
                .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
}

/// A company, whole, with its owner
#[derive(Debug, Object)]
pub(super) struct CompanyReplacement {
    #[oai(flatten)]
    company: CompanyInput,
    /// For administrators alone: the profile of the employer who gets the company
    /// and its jobs; null takes it from everybody; left out, it stays
    employer_id: MaybeUndefined<Uuid>,
}

impl CompanyReplacement {
    /// What is said of the company, and its new owner, if one is named.
    pub(super) fn split(self) -> (CompanyDetails, Option<Option<Uuid>>) {
        (self.company.into(), self.employer_id.into())
    }
}
