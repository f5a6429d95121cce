//! The command line: which commands there are. What each does is in its own file under `commands`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    commands::{
        account, api_key, cloud_account, completions, config as config_command, doctor, iam, init,
        master_key, migrate, openapi, payment_method, serve, subscription, support, user, verify, webhook,
    },
    config::Config,
};

/// A control plane for Redis in your customers' own AWS accounts.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  berth init --account Acme --owner-email ops@acme.example
  BERTH_OPERATOR_AWS_ACCOUNT_ID=123456789012 berth serve
  berth --config /etc/berth.toml doctor

Settings come from --config FILE and BERTH_* variables; `berth config default` lists them."
)]
pub(crate) struct Cli {
    /// Configuration file (TOML). BERTH_* variables are stronger than what it says.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Serve(serve::Serve),
    Init(init::Init),
    Verify(verify::Verify),
    #[command(subcommand)]
    Account(account::AccountCommand),
    #[command(subcommand)]
    ApiKey(api_key::ApiKeyCommand),
    #[command(subcommand)]
    User(user::UserCommand),
    #[command(subcommand)]
    PaymentMethod(payment_method::PaymentMethodCommand),
    #[command(subcommand)]
    Subscription(subscription::SubscriptionCommand),
    #[command(subcommand)]
    CloudAccount(cloud_account::CloudAccountCommand),
    #[command(subcommand)]
    Support(support::SupportCommand),
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    #[command(subcommand)]
    MasterKey(master_key::MasterKeyCommand),
    Migrate(migrate::Migrate),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Iam(iam::IamCommand),
    #[command(subcommand)]
    Config(config_command::ConfigCommand),
    Openapi(openapi::Openapi),
    Completions(completions::Completions),
}

/// What every command is given besides its own arguments.
pub(crate) struct Context {
    config_file: Option<PathBuf>,
}

impl Context {
    /// The configuration, read now.
    pub(crate) fn config(&self) -> Result<Config, crate::config::Error> {
        Config::load(self.config_file.as_deref(), std::env::vars_os())
    }
}

impl Command {
    /// The exit code when the command ends in an error.
    pub(crate) fn failure(&self) -> ExitCode {
        match self {
            // 1 is taken: the credentials were checked and refused.
            Self::Verify(_) => ExitCode::from(verify::COULD_NOT_CHECK),
            Self::CloudAccount(command) => command.failure(),
            _ => ExitCode::FAILURE,
        }
    }
}

impl Cli {
    /// Carries out the command.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let context = Context { config_file: self.config };
        match self.command {
            Command::Serve(command) => command.run(&context),
            Command::Init(command) => command.run(&context),
            Command::Verify(command) => command.run(&context),
            Command::Account(command) => command.run(&context),
            Command::ApiKey(command) => command.run(&context),
            Command::User(command) => command.run(&context),
            Command::PaymentMethod(command) => command.run(&context),
            Command::Subscription(command) => command.run(&context),
            Command::CloudAccount(command) => command.run(&context),
            Command::Support(command) => command.run(&context),
            Command::Webhook(command) => command.run(&context),
            Command::MasterKey(command) => command.run(&context),
            Command::Migrate(command) => command.run(&context),
            Command::Doctor(command) => command.run(&context),
            Command::Iam(command) => command.run(&context),
            Command::Config(command) => command.run(),
            Command::Openapi(command) => command.run(),
            Command::Completions(command) => command.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Every command without subcommands, with the words that lead to it.
    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = format!("{path} {}", sub.get_name());
            let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            if sub.has_subcommands() {
                leaves(sub, &path, found);
            } else {
                found.push((path, help));
            }
        }
    }

    /// The `berth …` part of an example line, as a shell would split it; none where it holds no command.
    fn arguments(line: &str) -> Option<Vec<String>> {
        let line = &line[line.find(" berth ")?..];
        let line = line.split(['|', '>']).next()?;
        let pieces = line.split('\'').enumerate();
        Some(
            pieces
                .flat_map(|(at, piece)| match at % 2 {
                    0 => piece.split_whitespace().map(str::to_owned).collect(),
                    _ => vec![piece.to_owned()],
                })
                .collect(),
        )
    }

    #[test]
    fn every_command_has_an_example_of_itself() {
        let mut commands = Vec::new();
        leaves(&Cli::command(), "berth", &mut commands);
        assert!(commands.len() > 15, "{commands:?}");
        for (path, help) in commands {
            assert!(help.starts_with("Example") && help.contains(&path), "{path}: {help:?}");
        }
    }

    #[test]
    fn every_example_is_accepted() {
        let mut commands = vec![("berth".to_owned(), Cli::command().get_after_help().unwrap().to_string())];
        leaves(&Cli::command(), "berth", &mut commands);
        for (_, help) in commands {
            for line in help.lines().filter(|line| line.starts_with("  ")) {
                let Some(arguments) = arguments(line) else { continue };
                if let Err(error) = Cli::try_parse_from(arguments) {
                    panic!("{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
