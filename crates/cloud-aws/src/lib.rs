//! cloud-aws.
