// A generated client against the running board: what compiles is what is answered.

import assert from "node:assert/strict";

import createClient from "openapi-fetch";

import type { components, paths } from "./schema.js";

const baseUrl: string = process.argv[2] ?? assert.fail("usage: smoke.js BASE_URL");
const password = "correct horse battery staple";
const run = Date.now();

function client(token?: string) {
  return createClient<paths>({
    baseUrl,
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  });
}

async function account(role: components["schemas"]["RegisterRole"]) {
  const anonymous = client();
  const email = `typescript-${role}-${run}@example.invalid`;
  const registered = await anonymous.POST("/api/auth/register", {
    body: { email, password, role, first_name: "Noor" },
  });
  assert.equal(registered.response.status, 201);
  assert.equal(registered.data?.user.email, email);
  const signedIn = await anonymous.POST("/api/auth/login", { body: { email, password } });
  assert(signedIn.data);
  return client(signedIn.data.access);
}

const employer = await account("employer");
const freelancer = await account("freelancer");

const created = await employer.POST("/api/jobs", {
  body: {
    title: "Typed developer",
    company: `Typed Company ${run}`,
    description: "You write clients that compile.",
    location: "Hamburg, Germany",
    salary_min: "60000",
    salary_max: 80000,
    salary_currency: "EUR",
    salary_period: "yearly",
    job_type: "full_time",
    status: "published",
    skills: ["TypeScript"],
  },
});
assert.equal(created.response.status, 201);
assert(created.data);
const job: components["schemas"]["Job"] = created.data;
assert.equal(Number(job.salary_min), 60000);
assert.equal(job.status, "published");

const found = await client().GET("/api/jobs/search", {
  params: { query: { q: "developer", job_type: ["full_time", "contract"], page_size: 5 } },
});
assert(found.data && found.data.results.length === 5);
for (const hit of found.data.results) {
  assert.equal(typeof hit.title, "string");
}

const applied = await freelancer.POST("/api/applications", {
  body: { job_id: job.id, cover_letter: "I compile." },
});
assert.equal(applied.response.status, 201);
assert(applied.data);
const application = await employer.GET("/api/applications/{id}", {
  params: { path: { id: applied.data.id } },
});
assert.equal(application.data?.status, "pending");

// Problems are typed too.
const refused = await employer.POST("/api/jobs", {
  body: { title: "", company: "", salary_min: "2", salary_max: "1" },
});
assert.equal(refused.response.status, 422);
assert(refused.error);
const problem: components["schemas"]["Problem"] = refused.error;
assert.equal(problem.code, "validation_failed");
assert.deepEqual(problem.errors.map((error) => error.field).sort(), ["company", "title"]);

const anonymous = await client().GET("/api/users/profile");
assert.equal(anonymous.response.status, 401);
assert.equal(anonymous.error?.code, "credentials_required");

console.log("the TypeScript client works");
