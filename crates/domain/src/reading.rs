//! Reading a JSON body that was sent: every problem is noted with the path of its field, and the reading goes
//! on. Unknown fields are ignored and `null` is the same as absent, as clients of the Redis Cloud API expect.

use std::fmt::Display;

use serde_json::{Map, Value};

use crate::{problem::Problem, task::ErrorType};

/// What was wrong with what was read so far.
#[derive(Debug, Default)]
pub struct Reading {
    problems: Vec<Problem>,
}

/// An object inside the body, and the path that leads to it.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    path: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// The body itself.
    pub fn body(fields: &'a Map<String, Value>) -> Self {
        Self { path: String::new(), fields }
    }

    /// Whether a field is there and not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The path of a field.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Everything in it, as it was sent.
    pub fn fields(&self) -> &'a Map<String, Value> {
        self.fields
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }
}

impl Reading {
    /// Notes a problem.
    pub fn refuse(&mut self, field: impl Into<String>, kind: ErrorType, message: impl Into<String>) {
        self.problems.push(Problem::new(field.into(), kind, message));
    }

    /// Whether nothing was wrong so far.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// `value` when nothing was wrong, and the problems otherwise.
    ///
    /// A value that is missing without a problem is one, too: nothing half-read gets out.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => {
                if self.problems.is_empty() {
                    self.refuse("body", ErrorType::BadRequest, "cannot be read");
                }
                Err(self.problems)
            }
        }
    }

    /// A text.
    pub fn text(&mut self, object: &Object<'_>, name: &str) -> Option<String> {
        match object.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => self.mistyped(object.path(name), "a string", other),
        }
    }

    /// A text that means something.
    pub fn parsed<T: std::str::FromStr<Err: Display>>(
        &mut self,
        object: &Object<'_>,
        name: &str,
        kind: ErrorType,
    ) -> Option<T> {
        let text = self.text(object, name)?;
        self.parse(object.path(name), &text, kind)
    }

    /// What a text means.
    pub fn parse<T: std::str::FromStr<Err: Display>>(
        &mut self,
        path: String,
        text: &str,
        kind: ErrorType,
    ) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(path, kind, error.to_string());
                None
            }
        }
    }

    /// One of some texts.
    pub fn choice<T: Copy>(
        &mut self,
        object: &Object<'_>,
        name: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(object, name)?;
        let found = choices.iter().find(|(choice, _)| *choice == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
            let message = format!("must be one of {}", names.join(", "));
            self.refuse(object.path(name), ErrorType::BadRequest, message);
        }
        found
    }

    /// Yes or no.
    pub fn flag(&mut self, object: &Object<'_>, name: &str) -> Option<bool> {
        match object.get(name)? {
            Value::Bool(flag) => Some(*flag),
            other => self.mistyped(object.path(name), "true or false", other),
        }
    }

    /// A whole number.
    pub fn whole(&mut self, object: &Object<'_>, name: &str) -> Option<i64> {
        let value = object.get(name)?;
        match value.as_i64() {
            Some(number) => Some(number),
            None => self.mistyped(object.path(name), "a whole number", value),
        }
    }

    /// A number.
    pub fn number(&mut self, object: &Object<'_>, name: &str) -> Option<f64> {
        let value = object.get(name)?;
        match value.as_f64() {
            Some(number) => Some(number),
            None => self.mistyped(object.path(name), "a number", value),
        }
    }

    /// An object.
    pub fn object<'a>(&mut self, object: &Object<'a>, name: &str) -> Option<Object<'a>> {
        let value = object.get(name)?;
        self.as_object(object.path(name), value)
    }

    /// The items of a list, each with its path.
    pub fn items<'a>(&mut self, object: &Object<'a>, name: &str) -> Option<Vec<(String, &'a Value)>> {
        let path = object.path(name);
        match object.get(name)? {
            Value::Array(items) => {
                Some(items.iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item)).collect())
            }
            other => self.mistyped(path, "a list", other),
        }
    }

    /// The items of a list of objects. Those that are none are noted and left out.
    pub fn objects<'a>(&mut self, object: &Object<'a>, name: &str) -> Option<Vec<Object<'a>>> {
        let items = self.items(object, name)?;
        Some(items.into_iter().filter_map(|(path, item)| self.as_object(path, item)).collect())
    }

    /// The items of a list of texts, each with its path. Those that are none are noted and left out.
    pub fn texts(&mut self, object: &Object<'_>, name: &str) -> Option<Vec<(String, String)>> {
        let items = self.items(object, name)?;
        let texts = items.into_iter().filter_map(|(path, item)| match item {
            Value::String(text) => Some((path, text.clone())),
            other => self.mistyped(path, "a string", other),
        });
        Some(texts.collect())
    }

    /// A value as an object.
    pub fn as_object<'a>(&mut self, path: String, value: &'a Value) -> Option<Object<'a>> {
        match value {
            Value::Object(fields) => Some(Object { path, fields }),
            other => self.mistyped(path, "an object", other),
        }
    }

    fn mistyped<T>(&mut self, path: String, expected: &str, found: &Value) -> Option<T> {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.refuse(path, ErrorType::BadRequest, format!("must be {expected}, not {found}"));
        None
    }
}
