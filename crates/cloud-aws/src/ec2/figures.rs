//! How nodes do: AWS's checks of them, and CloudWatch's figures.

use std::collections::HashMap;

use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy},
};
use aws_sdk_ec2::{
    operation::RequestId,
    types::{InstanceStatus, InstanceStatusSummary, SummaryStatus},
};
use berth_cloud::{
    Error, ErrorKind,
    ec2::{Figure, Health, NodeStatus, Question, Series, Span},
};
use berth_domain::deployment::AwsId;
use jiff::Timestamp;

use super::AwsEc2;
use crate::errors::unexpected;

/// How many instances AWS lets one call name.
const INSTANCES: usize = 100;
/// How many questions AWS takes in one call.
const QUESTIONS: usize = 500;

/// AWS's checks of instances that run.
pub(super) async fn node_status(region: &AwsEc2, instances: &[AwsId]) -> Result<Vec<NodeStatus>, Error> {
    let mut found = Vec::new();
    for some in instances.chunks(INSTANCES) {
        found.extend(status_of(region, some.to_vec()).await?);
    }
    Ok(found)
}

async fn status_of(region: &AwsEc2, mut instances: Vec<AwsId>) -> Result<Vec<NodeStatus>, Error> {
    while !instances.is_empty() {
        let ids = instances.iter().map(ToString::to_string).collect();
        let request = region.ec2().describe_instance_status().set_instance_ids(Some(ids));
        match region.call("ec2:DescribeInstanceStatus", request.send()).await {
            Ok(answer) => {
                let statuses = answer.instance_statuses().iter().map(status);
                return statuses.collect::<Option<_>>().ok_or_else(|| {
                    let detail = "a status has no instance";
                    unexpected("ec2:DescribeInstanceStatus", answer.request_id(), detail)
                });
            }
            // One that is gone fails the call for all; AWS names it.
            Err(error) if error.kind == ErrorKind::NotFound => {
                let before = instances.len();
                instances.retain(|id| !error.detail.contains(id.as_str()));
                if instances.len() == before {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Vec::new())
}

fn status(from: &InstanceStatus) -> Option<NodeStatus> {
    // Maintenance that is over stays in the list for a week, with a word in front.
    let over = |text: &str| text.starts_with("[Completed]") || text.starts_with("[Canceled]");
    let announced = from.events().iter().filter_map(|event| event.description());
    Some(NodeStatus {
        instance: from.instance_id()?.into(),
        system: health(from.system_status()),
        itself: health(from.instance_status()),
        announced: announced.filter(|text| !over(text)).map(str::to_owned).collect(),
    })
}

fn health(from: Option<&InstanceStatusSummary>) -> Health {
    match from.and_then(InstanceStatusSummary::status) {
        Some(SummaryStatus::Ok) => Health::Ok,
        Some(SummaryStatus::Impaired) => Health::Impaired,
        _ => Health::Unknown,
    }
}

/// Figures over time, in the order of the questions.
pub(super) async fn figures(
    region: &AwsEc2,
    questions: &[Question],
    span: Span,
) -> Result<Vec<Series>, Error> {
    let mut found = Vec::with_capacity(questions.len());
    for some in questions.chunks(QUESTIONS) {
        found.extend(batch(region, some, span).await?);
    }
    Ok(found)
}

async fn batch(region: &AwsEc2, questions: &[Question], span: Span) -> Result<Vec<Series>, Error> {
    const OPERATION: &str = "cloudwatch:GetMetricData";
    let queries: Result<_, _> =
        questions.iter().enumerate().map(|(at, one)| query(at, one, span)).collect();
    let queries = queries.map_err(|detail| unexpected(OPERATION, None, &detail))?;
    let request = region
        .watch()
        .get_metric_data()
        .set_metric_data_queries(Some(queries))
        .start_time(DateTime::from_secs(span.from.as_second()))
        .end_time(DateTime::from_secs(span.to.as_second()))
        .scan_by(ScanBy::TimestampAscending);
    let pages = request.into_paginator().send();
    let mut points: HashMap<String, Vec<(Timestamp, f64)>> = HashMap::new();
    for result in region.pages(OPERATION, pages, |page| (page.metric_data_results, page.next_token)).await?
    {
        let times = result.timestamps().iter().filter_map(|at| Timestamp::from_second(at.secs()).ok());
        let more = times.zip(result.values().iter().copied());
        points.entry(result.id().unwrap_or_default().to_owned()).or_default().extend(more);
    }
    let series = questions.iter().enumerate().map(|(at, question)| {
        let mut points = points.remove(&name(at)).unwrap_or_default();
        points.sort_by_key(|(at, _)| *at);
        Series { question: question.clone(), points }
    });
    Ok(series.collect())
}

/// What a question is called in the request: AWS wants a small letter first.
fn name(at: usize) -> String {
    format!("q{at}")
}

fn query(at: usize, question: &Question, span: Span) -> Result<MetricDataQuery, String> {
    let (metric, dimension, statistic) = match question.figure {
        Figure::Cpu => ("CPUUtilization", "InstanceId", "Average"),
        Figure::NetworkIn => ("NetworkIn", "InstanceId", "Sum"),
        Figure::NetworkOut => ("NetworkOut", "InstanceId", "Sum"),
        Figure::VolumeRead => ("VolumeReadBytes", "VolumeId", "Sum"),
        Figure::VolumeWrite => ("VolumeWriteBytes", "VolumeId", "Sum"),
    };
    let namespace = if dimension == "VolumeId" { "AWS/EBS" } else { "AWS/EC2" };
    let of = Dimension::builder().name(dimension).value(question.of.as_str()).build();
    let metric = Metric::builder().namespace(namespace).metric_name(metric).dimensions(of).build();
    let period = i32::try_from(span.period_seconds).map_err(|_| "the period is too long".to_owned())?;
    let stat = MetricStat::builder().metric(metric).period(period).stat(statistic).build();
    Ok(MetricDataQuery::builder().id(name(at)).metric_stat(stat).build())
}
