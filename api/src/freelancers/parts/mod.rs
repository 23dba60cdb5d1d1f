//! The lists of the own profile: projects, work, education, certificates.

pub(super) mod dto;

use jobboard_shared::freelancers::parts::{
    self, Certification, Education, Part, Project, WorkExperience,
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::Path,
    payload::Json,
    types::{ParseFromJSON, ToJSON},
};
use uuid::Uuid;

use self::dto::{
    CertificationEntry, CertificationInput, EducationEntry, EducationInput, Portfolio,
    PortfolioInput, WorkExperienceEntry, WorkExperienceInput,
};
use crate::{
    App,
    answers::{Created, Deleted},
    auth::Freelancer,
    body::Strict,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

/// The five operations on one list. A macro, for handlers cannot be generic; what
/// they do is.
macro_rules! part_api {
    (
        $api:ident, $part:ty, $input:ty => $view:ty, $path:tt, $one:tt,
        list: $list:tt $list_doc:tt, add: $add:tt $add_doc:tt, get: $get:tt $get_doc:tt,
        replace: $replace:tt $replace_doc:tt, remove: $remove:tt $remove_doc:tt
    ) => {
        pub(crate) struct $api;

        #[OpenApi(prefix_path = "/api/freelancers", tag = "Tag::Freelancers")]
        impl $api {
            #[doc = $list_doc]
            ///
            /// The latest first.
            #[oai(path = $path, method = "get", operation_id = $list)]
            async fn list(
                &self,
                app: Data<&App>,
                freelancer: Freelancer,
                paging: PageParams,
            ) -> Result<Paged<$view>> {
                list::<$part, $view>(&app, freelancer, &paging).await
            }

            #[doc = $add_doc]
            #[oai(path = $path, method = "post", operation_id = $add)]
            async fn add(
                &self,
                app: Data<&App>,
                freelancer: Freelancer,
                body: Strict<$input>,
            ) -> Result<Created<$view>> {
                let part: $part = body.0.into();
                add(&app, freelancer, &part, concat!("/api/freelancers", $path)).await
            }

            #[doc = $get_doc]
            #[oai(path = $one, method = "get", operation_id = $get)]
            async fn get(
                &self,
                app: Data<&App>,
                freelancer: Freelancer,
                id: Path<Uuid>,
            ) -> Result<Json<$view>> {
                get::<$part, $view>(&app, freelancer, id.0).await
            }

            #[doc = $replace_doc]
            #[oai(path = $one, method = "put", operation_id = $replace)]
            async fn replace(
                &self,
                app: Data<&App>,
                freelancer: Freelancer,
                id: Path<Uuid>,
                body: Strict<$input>,
            ) -> Result<Json<$view>> {
                let part: $part = body.0.into();
                replace(&app, freelancer, id.0, &part).await
            }

            #[doc = $remove_doc]
            #[oai(path = $one, method = "delete", operation_id = $remove)]
            async fn remove(
                &self,
                app: Data<&App>,
                freelancer: Freelancer,
                id: Path<Uuid>,
            ) -> Result<Deleted> {
                remove::<$part>(&app, freelancer, id.0).await
            }
        }
    };
}

part_api! {
    PortfolioApi, Project, PortfolioInput => Portfolio, "/portfolio", "/portfolio/:id",
    list: "list_own_portfolio" "List the own projects",
    add: "add_to_own_portfolio" "Add a project",
    get: "get_own_portfolio_entry" "Read a project",
    replace: "replace_own_portfolio_entry" "Replace a project",
    remove: "remove_from_own_portfolio" "Remove a project"
}

part_api! {
    ExperienceApi, WorkExperience, WorkExperienceInput => WorkExperienceEntry,
    "/experience", "/experience/:id",
    list: "list_own_experience" "List the own work experience",
    add: "add_own_experience" "Add work experience",
    get: "get_own_experience" "Read a work experience",
    replace: "replace_own_experience" "Replace a work experience",
    remove: "remove_own_experience" "Remove a work experience"
}

part_api! {
    EducationApi, Education, EducationInput => EducationEntry, "/education", "/education/:id",
    list: "list_own_education" "List the own education",
    add: "add_own_education" "Add a degree or a course",
    get: "get_own_education" "Read a degree or a course",
    replace: "replace_own_education" "Replace a degree or a course",
    remove: "remove_own_education" "Remove a degree or a course"
}

part_api! {
    CertificationsApi, Certification, CertificationInput => CertificationEntry,
    "/certifications", "/certifications/:id",
    list: "list_own_certifications" "List the own certificates",
    add: "add_own_certification" "Add a certificate",
    get: "get_own_certification" "Read a certificate",
    replace: "replace_own_certification" "Replace a certificate",
    remove: "remove_own_certification" "Remove a certificate"
}

async fn list<P, V>(app: &App, freelancer: Freelancer, paging: &PageParams) -> Result<Paged<V>>
where
    P: Part,
    V: From<parts::Entry<P>> + ParseFromJSON + ToJSON,
{
    // The list is everybody's own: a cursor of another one is refused.
    let list = format!("{} {}", P::TABLE, freelancer.profile_id);
    let page = paging.paging(app, &list)?;
    let mut conn = app.db.acquire().await?;
    let slice = parts::list::<P>(&mut conn, freelancer.profile_id, &page).await?;
    Ok(paging.answer(app, &list, slice, V::from))
}

async fn add<P, V>(app: &App, freelancer: Freelancer, part: &P, address: &str) -> Result<Created<V>>
where
    P: Part,
    V: From<parts::Entry<P>> + ToJSON,
{
    let mut tx = app.begin().await?;
    let entry = parts::add(&mut tx, freelancer.profile_id, part).await?;
    tx.commit().await?;
    let address = format!("{address}/{}/", entry.id);
    Ok(Created::Created(Json(entry.into()), address))
}

async fn get<P, V>(app: &App, freelancer: Freelancer, id: Uuid) -> Result<Json<V>>
where
    P: Part,
    V: From<parts::Entry<P>>,
{
    let mut conn = app.db.acquire().await?;
    let entry = parts::get::<P>(&mut conn, freelancer.profile_id, id).await?;
    Ok(Json(entry.into()))
}

async fn replace<P, V>(app: &App, freelancer: Freelancer, id: Uuid, part: &P) -> Result<Json<V>>
where
    P: Part,
    V: From<parts::Entry<P>>,
{
    let mut tx = app.begin().await?;
    let entry = parts::replace(&mut tx, freelancer.profile_id, id, part).await?;
    tx.commit().await?;
    Ok(Json(entry.into()))
}

async fn remove<P: Part>(app: &App, freelancer: Freelancer, id: Uuid) -> Result<Deleted> {
    let mut tx = app.begin().await?;
    parts::remove::<P>(&mut tx, freelancer.profile_id, id).await?;
    tx.commit().await?;
    Ok(Deleted::Deleted)
}
