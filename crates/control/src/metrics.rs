//! What Berth counts, described for whoever reads `/metrics`.

use metrics::{Unit, describe_counter, describe_histogram};

/// Passes over one AWS account in one region, by outcome.
pub(crate) const PASSES: &str = "berth_deployment_passes_total";
/// How long they took.
pub(crate) const PASS_DURATION: &str = "berth_deployment_pass_duration_seconds";
/// Readings of nodes, by outcome.
pub(crate) const READINGS: &str = "berth_node_readings_total";
/// Differences found for the first time.
pub(crate) const DRIFT_FOUND: &str = "berth_drift_found_total";
/// Differences that were put right, or were to be.
pub(crate) const RESTORES: &str = "berth_restores_total";

/// Describes every metric of this crate. Call once, when the recorder is installed.
pub fn describe_metrics() {
    describe_counter!("berth_tasks_finished_total", "Tasks that ended, by command and status.");
    describe_counter!("berth_verifications_total", "Verifications of cloud accounts, by verdict.");
    describe_histogram!(
        "berth_verification_duration_seconds",
        Unit::Seconds,
        "Time a verification of a cloud account took."
    );
    describe_counter!("berth_health_checks_total", "Looks whether cloud accounts still work, by outcome.");
    describe_counter!("berth_rotations_finished_total", "Rotations of access keys that ended, by state.");
    describe_counter!("berth_webhook_attempts_total", "Attempts to deliver an event, by outcome.");
    describe_counter!(
        PASSES,
        "Passes over the deployments of one AWS account in one region, by outcome: done, interrupted (taken up \
         again), or lost to another process."
    );
    describe_histogram!(PASS_DURATION, Unit::Seconds, "Time a pass over deployments took, by outcome.");
    describe_counter!(
        READINGS,
        "Readings of the nodes of one AWS account in one region, by what (checks, figures) and whether it could be \
         read."
    );
    describe_counter!(
        DRIFT_FOUND,
        "Differences found between what Berth built and what is there, by kind."
    );
    describe_counter!(
        RESTORES,
        "Differences that Berth put right by a restore policy, by outcome: asked, refused by AWS, or begun (the \
         answer is not known)."
    );
}
