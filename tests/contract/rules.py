"""Rules that a request can break although it fits the schema, by the code of the error.

Each has the reason why the schema cannot say it, and some a test of the refused field and
its value that must hold for the reason to count. A code that a schema could have prevented
(`too_long`, `invalid_type`, `invalid_choice`, `unknown_field`, ...) does not stand here.
"""

# Left out or null, which is right as long as another field says so: OpenAPI 3.0 has no
# conditions.
CONDITIONAL = {
    "current_password",  # with another email address
    "end_date",  # unless is_current
    "rate_limit",  # with rate_period_seconds
    "rate_period_seconds",  # with rate_limit
    "",  # a file without a row, whose media type has no schema
}


def conditional(field, value):
    return field in CONDITIONAL and not value


def of_a_question_or_synonym(field, value):
    return (
        field.startswith("questions.") and field.endswith(".id")
    ) or field.startswith("synonyms.")


def for_others(field, value):
    return field == "employer_id"


def not_empty(field, value):
    return value != ""


def left_out(field, value):
    return not value


def a_text(field, value):
    return isinstance(value, str)


BEYOND_THE_SCHEMA = {
    # Things that have to exist, or must not.
    "company_not_yours": "names another's company",
    "invalid_header": "names a column that the file does not have",
    "missing_column": "lacks a column; files have no schema",
    "not_an_option": "names an option that the question does not have",
    "unknown_category": "names a category that does not exist",
    "unknown_country": "names a country that does not exist",
    "unknown_region": "names a region that does not exist",
    "unknown_company": "names a company that does not exist or is another's",
    "unknown_employer": "names an account that does not exist",
    "unknown_question": "names a question that the job does not ask",
    "unknown_time_zone": "names a zone that the database does not know",
    "unknown_skill": "names a skill that does not exist",
    # Secrets and tokens that the board gave out.
    "idempotency_key_reused": "was used for another request before",
    "invalid_cursor": "a cursor is signed by the board; a generated one never is",
    "invalid_token": "a token was mailed by the board; a generated one never was",
    "wrong_password": "is compared with the account's",
    # Rules between fields, and between fields and what is there.
    "after_end": "a span begins after its end",
    "before_publication": "a job would expire before it is published",
    "before_start": "a span ends before it begins",
    "duplicate": ("two name the same one, as far as a search tells", of_a_question_or_synonym),
    "below_minimum": "an upper bound is below the lower one",
    "conflicting": "two fields exclude each other",
    "contradicts_is_remote": "two fields say different things of the place of work",
    "cycle": "a category would be above itself: depends on those that there are",
    "no_distance": "a list by distance needs a location that is a known place",
    "no_filter": "an alert that nothing narrows: any of a dozen fields does",
    "no_profile": "goes with another role alone",
    "not_allowed": "goes with another kind of question alone",
    "not_initial": "a job that exists may have the state, a new one not",
    "only_for_drafts": "goes with a state of the job alone",
    "only_with_rejection": "goes with another field alone",
    "only_with_status": "goes with another field alone",
    "range_too_long": "two days are too far apart",
    "read_only": ("is for administrators; the schema is that of all roles", for_others),
    "required": ("goes with another field", conditional),
    "same_skill": "would merge a skill into itself",
    "too_many_words": "are counted as a search does",
    "too_few": "a choice needs options, and other questions have none",
    # The calendar goes on, and no schema bounds a day.
    "in_the_future": "is compared with today",
    "in_the_past": "is compared with now",
    "out_of_range": ("is a day; bounds of numbers are in the schema", a_text),
    # Texts, where a pattern would have to spell Unicode's tables.
    "blank": ("has white space alone", not_empty),
    "invalid_character": "has a line break, another control character or NUL",
    "invalid_name": "has no letter or digit, of any script",
    "invalid_skill": "has no letter or digit, of any script",
    "no_word": "has no letter or digit, of any script",
    "invalid_slug": ("is made of a name that has no Latin letter", left_out),
    "invalid_url": ("begins as an address and is none", not_empty),
    # Amounts come as text too, and bounds are those of numbers alone.
    "too_large": "has too many digits before the point",
    "too_precise": "has more than two decimals",
    # A version.
    "precondition_failed": "`If-Match` names a version that is not the present one",
}


def beyond_the_schema(problem, value_of):
    """Whether a problem tells of such rules alone. `value_of` gives the value of a field
    as it was sent."""
    errors = problem["errors"] or [{"code": problem["code"], "field": ""}]
    return all(_is_beyond(error, value_of) for error in errors)


def _is_beyond(error, value_of):
    match BEYOND_THE_SCHEMA.get(error["code"]):
        case None:
            return False
        case (_, test):
            return test(error["field"], value_of(error["field"]))
        case _:
            return True
