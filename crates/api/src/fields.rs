//! Reading a JSON object field by field: all problems are told at once, and nothing of the body is repeated.

use std::{fmt::Display, str::FromStr};

use berth_domain::task::ErrorType;
use serde_json::{Map, Value};

use crate::failure::{Failure, FieldProblem};

/// A body's fields, and what was wrong with those read so far. Unknown fields are ignored.
#[derive(Debug)]
pub(crate) struct Fields {
    given: Map<String, Value>,
    problems: Vec<FieldProblem>,
}

impl Fields {
    /// Reads a body, which must be a JSON object.
    pub(crate) fn of(body: &[u8]) -> Result<Self, Failure> {
        // The parser's own message may quote the body, which may hold a secret.
        let given = serde_json::from_slice(body)
            .map_err(|_| Failure::new(ErrorType::BadRequest, "The body must be a JSON object."))?;
        Ok(Self { given, problems: Vec::new() })
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name) {
            Some(Value::String(text)) => Some(text),
            Some(_) => self.refuse(name, "must be a string"),
            None => self.refuse(name, "is required"),
        }
    }

    /// A text that must be there and mean something.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.refuse(name, error.to_string()),
        }
    }

    /// A text that means something, where one is given.
    pub(crate) fn optional<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let given = self.given.get(name).is_some_and(|value| !value.is_null());
        given.then(|| self.parsed(name)).flatten()
    }

    /// A list of texts that mean something; empty when it is absent.
    pub(crate) fn list<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<Vec<T>> {
        let Some(value) = self.take(name) else { return Some(Vec::new()) };
        let items = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str()?.parse().ok()).collect::<Option<Vec<T>>>()
        });
        items.or_else(|| self.refuse(name, expected))
    }

    /// A whole number, where one is given.
    pub(crate) fn integer(&mut self, name: &'static str) -> Option<i32> {
        match self.take(name)?.as_i64().and_then(|number| number.try_into().ok()) {
            Some(number) => Some(number),
            None => self.refuse(name, "must be a whole number"),
        }
    }

    /// Notes that a field is missing that was read as one that need not be there.
    pub(crate) fn require<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        let told = self.problems.iter().any(|problem| problem.field == name);
        if value.is_none() && !told {
            return self.refuse(name, "is required");
        }
        value
    }

    /// The problems as a failure, when there are any.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        match std::mem::take(&mut self.problems) {
            problems if problems.is_empty() => Ok(()),
            problems => Err(Failure::invalid(problems)),
        }
    }

    /// `value`, which is there when nothing was wrong; what was wrong otherwise.
    pub(crate) fn whole<T>(mut self, value: Option<T>) -> Result<T, Failure> {
        self.check()?;
        value.ok_or_else(Failure::internal)
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.given.remove(name).filter(|value| !value.is_null())
    }

    /// Notes that something is wrong with a field.
    pub(crate) fn refuse<T>(&mut self, name: &'static str, message: impl Into<String>) -> Option<T> {
        self.problems.push(FieldProblem::new(name, message));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told_and_no_value() {
        let mut fields =
            Fields::of(br#"{"email":"hunter2","name":7,"sources":["hunter2"],"id":1.5}"#).unwrap();
        let email = fields.parsed::<berth_domain::values::Email>("email");
        let name = fields.text("name");
        let password = fields.text("password");
        let sources = fields.list::<ipnet::IpNet>("sources", "must be a list of networks");
        let id = fields.integer("id");
        assert!(
            email.is_none() && name.is_none() && password.is_none() && sources.is_none() && id.is_none()
        );

        let failure = fields.whole(Some(())).unwrap_err();
        let told: Vec<_> =
            failure.problems().iter().map(|p| format!("{} {}", p.field, p.message)).collect();
        assert_eq!(told.len(), 5, "{told:?}");
        assert!(!format!("{told:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_object_is_refused_without_repeating_it() {
        for body in ["", "[]", "\"hunter2\"", "{\"password\": hunter2}"] {
            let failure = format!("{:?}", Fields::of(body.as_bytes()).unwrap_err());
            assert!(!failure.contains("hunter2"), "{failure}");
        }
    }
}
