//! `berth serve`: the control plane.

use std::{future::IntoFuture, net::SocketAddr, process::ExitCode, thread, time::Duration};

use anyhow::Context as _;
use axum::serve::ListenerExt;
use berth_api::ApiConfig;
use berth_control::{Control, Kind, rotation, sessions::SessionLimits};
use berth_domain::rotation::{PAUSE, Periods};
use clap::Args;
use jiff::SignedDuration;
use tokio::{net::TcpListener, runtime, time};
use tokio_util::sync::CancellationToken;

use crate::{cli::Context, config::Config, console, environment, logging, metrics, shutdown, wiring};

/// Threads that requests and tasks share, at most: each keeps memory of its own, and the work is waiting for
/// AWS and the database.
const MOST_THREADS: usize = 8;

/// Serve the API and work on tasks, until SIGTERM or SIGINT.
///
/// Needs a database and a master key that `berth init` has set up, and BERTH_OPERATOR_AWS_ACCOUNT_ID. The
/// first signal stops taking requests, lets those in hand and the tasks finish or gives the tasks back, and
/// exits with 0 within 30 seconds; a second one exits at once.
#[derive(Args)]
#[command(after_help = "\
Examples:
  BERTH_OPERATOR_AWS_ACCOUNT_ID=123456789012 berth serve
  berth --config /etc/berth.toml serve")]
pub(crate) struct Serve {}

impl Serve {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let config = context.config()?;
        config.operator()?;
        logging::start(config.log, config.log_filter.clone());
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .context("the operating system gave no resources to start with")?;
        let served = runtime.block_on(serve(config));
        runtime.shutdown_timeout(Duration::from_secs(1));
        served.map(|()| ExitCode::SUCCESS)
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let control = wiring::control(&config).await?;

    let recorder = metrics::install()?;
    let app = berth_api::router(control.clone(), api_config(&config), Some(recorder.clone()));
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {} (the setting `listen`)", config.listen))?;
    let address = listener.local_addr()?;

    let stop = shutdown::on_signals()?;
    let upkeep = tokio::spawn(metrics::upkeep(recorder));
    let background = tokio::spawn(background(control, rotation_settings(&config), stop.clone()));
    tracing::info!("listening on http://{address}");
    // Answers are small: waiting to fill a packet costs up to 40 ms where requests are pipelined.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    let requests = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();

    // Whichever ends early, by a panic or an error, ends the other, and the process: its supervisor starts
    // a whole one.
    let requests = async {
        let ended = requests.await;
        stop.cancel();
        ended
    };
    let background = async {
        let ended = background.await;
        stop.cancel();
        ended
    };
    let stopped = async {
        stop.cancelled().await;
        time::sleep(shutdown::LIMIT).await;
    };
    tokio::select! {
        (requests, background) = async { tokio::join!(requests, background) } => {
            requests.context("accepting connections failed")?;
            background.context("the task runner failed")?;
        }
        () = stopped => tracing::warn!("what was still in hand is cut off"),
    }
    upkeep.abort();
    tracing::info!("stopped");
    Ok(())
}

/// Everything that runs beside requests, until told to stop.
async fn background(control: Control, rotation: rotation::Settings, stop: CancellationToken) {
    tokio::join!(control.run(&Kind::ALL, rotation, stop.clone()), control.run_janitor(stop));
}

fn rotation_settings(config: &Config) -> rotation::Settings {
    let seconds = |seconds: u32| SignedDuration::from_secs(seconds.into());
    rotation::Settings {
        periods: Periods {
            grace: seconds(config.rotation_grace_seconds),
            observe: seconds(config.rotation_observe_seconds),
            pause: PAUSE,
        },
        every: config.rotation_every_days.0,
    }
}

fn api_config(config: &Config) -> ApiConfig {
    ApiConfig {
        rate_limit_per_minute: config.rate_limit_per_minute.get(),
        trusted_proxies: config.trusted_proxies.0.clone(),
        sessions: SessionLimits {
            idle: Duration::from_secs(config.session_idle_seconds.get().into()),
            lifetime: Duration::from_secs(config.session_lifetime_seconds.get().into()),
        },
        public_base_url: config.public_url.as_ref().map(|url| url.0.clone()),
        console: console::file,
        ..ApiConfig::new(environment::real())
    }
}
