//! Answers to the questions of a job.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    jobs::questions::{Question, QuestionType},
    rules::Rules,
};

/// A question as it was when it was answered, with the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScreeningAnswer {
    pub question_id: Uuid,
    pub question: String,
    pub r#type: QuestionType,
    /// Null: left out.
    pub answer: Value,
}

const MAX_TEXT: usize = 5_000;
const MAX_NUMBER: f64 = 1e15;

/// Checks answers, question id -> answer, against what the job asks, and gives them
/// beside the questions. A job that asks nothing takes any answers: the text of an
/// imported ad may ask for some.
pub fn check(rules: &mut Rules, questions: &[Question], answers: &Value) -> Vec<ScreeningAnswer> {
    let nothing = Map::new();
    let given = answers.as_object().unwrap_or(&nothing);
    if questions.is_empty() {
        return Vec::new();
    }
    for key in given.keys() {
        if !questions.iter().any(|question| is_key_of(key, question)) {
            let shown: String = key.chars().take(100).collect();
            rules.refuse(
                &format!("answers.{shown}"),
                "unknown_question",
                "is the id of no question of this job",
            );
        }
    }
    questions
        .iter()
        .map(|question| {
            let answer = given
                .iter()
                .find(|(key, _)| is_key_of(key, question))
                .map_or(&Value::Null, |(_, answer)| answer);
            let answer = check_one(rules, question, answer);
            ScreeningAnswer {
                question_id: question.id,
                question: question.label.clone(),
                r#type: question.r#type,
                answer,
            }
        })
        .collect()
}

fn is_key_of(key: &str, question: &Question) -> bool {
    Uuid::parse_str(key).is_ok_and(|id| id == question.id)
}

/// The answer; null where there is none.
fn check_one(rules: &mut Rules, question: &Question, answer: &Value) -> Value {
    let field = format!("answers.{}", question.id);
    let is_missing = match answer {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if is_missing {
        if question.required {
            let message = format!("an answer is required: {}", question.label);
            rules.refuse(&field, "required", message);
        }
        return Value::Null;
    }
    match (question.r#type, answer) {
        (QuestionType::Text, Value::String(text)) => rules.text(&field, text, MAX_TEXT),
        (QuestionType::YesNo, Value::Bool(_)) => {}
        (QuestionType::Number, Value::Number(number)) => {
            if number
                .as_f64()
                .is_none_or(|number| number.abs() > MAX_NUMBER)
            {
                rules.refuse(&field, "out_of_range", "must be between -10^15 and 10^15");
            }
        }
        (QuestionType::SingleChoice, Value::String(choice)) => {
            check_choice(rules, &field, question, choice);
        }
        (QuestionType::MultipleChoice, Value::Array(choices)) => {
            check_choices(rules, &field, question, choices);
        }
        (kind, _) => rules.refuse(&field, "invalid_type", expected(kind)),
    }
    answer.clone()
}

fn check_choices(rules: &mut Rules, field: &str, question: &Question, choices: &[Value]) {
    for (i, choice) in choices.iter().enumerate() {
        let field = format!("{field}.{i}");
        match choice.as_str() {
            Some(choice) => check_choice(rules, &field, question, choice),
            None => rules.refuse(&field, "invalid_type", "must be a string"),
        }
        if choices[..i].contains(choice) {
            rules.refuse(&field, "duplicate", "is chosen twice");
        }
    }
}

fn check_choice(rules: &mut Rules, field: &str, question: &Question, choice: &str) {
    if !question.options.iter().any(|option| option == choice) {
        rules.refuse(
            field,
            "not_an_option",
            format!("must be one of: {}", question.options.join(", ")),
        );
    }
}

fn expected(kind: QuestionType) -> &'static str {
    match kind {
        QuestionType::Text => "must be a string",
        QuestionType::SingleChoice => "must be one of the options",
        QuestionType::MultipleChoice => "must be a list of options",
        QuestionType::YesNo => "must be true or false",
        QuestionType::Number => "must be a number",
    }
}
