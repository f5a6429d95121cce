//! Query parameters: read one by one, all problems told at once. Unknown ones are ignored, as clients of the
//! Redis Cloud API send some.

use std::{convert::Infallible, ops::RangeInclusive};

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use jiff::Timestamp;

use crate::failure::{Failure, FieldProblem};

/// A request's query parameters, and what was wrong with those read so far.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    given: Vec<(String, String)>,
    problems: Vec<FieldProblem>,
}

impl Parameters {
    /// A whole number within `range`.
    pub(crate) fn integer(&mut self, name: &'static str, range: RangeInclusive<i32>) -> Option<i32> {
        self.read(name, |text| {
            let number = text.parse().ok().filter(|number| range.contains(number));
            number
                .ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()))
        })
    }

    /// A text that is not empty.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.read(name, |text| match text {
            "" => Err("must not be empty".to_owned()),
            text => Ok(text.to_owned()),
        })
    }

    /// A moment, in RFC 3339.
    pub(crate) fn timestamp(&mut self, name: &'static str) -> Option<Timestamp> {
        self.read(name, |text| {
            text.parse().map_err(|_| "must be an RFC 3339 time, such as 2026-01-31T23:59:00Z".to_owned())
        })
    }

    /// One of `choices`.
    pub(crate) fn choice(
        &mut self,
        name: &'static str,
        choices: &'static [&'static str],
    ) -> Option<&'static str> {
        self.read(name, |text| {
            let choice = choices.iter().find(|choice| **choice == text).copied();
            choice.ok_or_else(|| format!("must be one of {}", choices.join(", ")))
        })
    }

    /// Adds a problem that concerns parameters together.
    pub(crate) fn refuse(&mut self, name: &'static str, message: impl Into<String>) {
        self.problems.push(FieldProblem::new(name, message));
    }

    /// Fails when any parameter read was wrong.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        if self.problems.is_empty() { Ok(()) } else { Err(Failure::invalid(self.problems)) }
    }

    fn read<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let mut values = self.given.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
        let parsed = match (values.next()?, values.next()) {
            (_, Some(_)) => Err("must be given once".to_owned()),
            (value, None) => parse(value),
        };
        parsed.map_err(|message| self.refuse(name, message)).ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let given = match parts.uri.query() {
            None | Some("") => Vec::new(),
            // Every text is a list of pairs: decoding is lossy, never refused.
            Some(_) => Query::try_from_uri(&parts.uri).map(|Query(given)| given).unwrap_or_default(),
        };
        Ok(Self { given, problems: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parameters(query: &str) -> Parameters {
        let (mut parts, ()) = axum::http::Request::get(format!("/?{query}")).body(()).unwrap().into_parts();
        Parameters::from_request_parts(&mut parts, &()).await.unwrap()
    }

    #[tokio::test]
    async fn absent_and_unknown_parameters_are_no_problem() {
        let mut parameters = parameters("colour=blue").await;

        assert_eq!(parameters.integer("limit", 1..=10), None);
        assert!(parameters.finish().is_ok());
    }

    #[tokio::test]
    async fn sound_parameters_are_read() {
        let mut parameters =
            parameters("limit=7&startTime=2026-01-01T00%3A00%3A00%2B01%3A00&provider=AWS").await;

        assert_eq!(parameters.integer("limit", 1..=10), Some(7));
        assert_eq!(parameters.timestamp("startTime"), "2025-12-31T23:00:00Z".parse().ok());
        assert_eq!(parameters.choice("provider", &["AWS"]), Some("AWS"));
        assert!(parameters.finish().is_ok());
    }

    #[tokio::test]
    async fn every_wrong_parameter_is_named() {
        let mut parameters =
            parameters("offset=-1&limit=99999999999&startTime=noon&provider=x&resourceId=1&resourceId=2")
                .await;
        parameters.integer("offset", 0..=10);
        parameters.integer("limit", 1..=10);
        parameters.timestamp("startTime");
        parameters.choice("provider", &["AWS", "GCP"]);
        parameters.integer("resourceId", 1..=10);

        let problems: Vec<_> =
            parameters.problems.iter().map(|p| format!("{} {}", p.field, p.message)).collect();
        insta::assert_json_snapshot!(problems, @r#"
        [
          "offset must be a whole number from 0 to 10",
          "limit must be a whole number from 1 to 10",
          "startTime must be an RFC 3339 time, such as 2026-01-31T23:59:00Z",
          "provider must be one of AWS, GCP",
          "resourceId must be given once"
        ]
        "#);
    }
}
