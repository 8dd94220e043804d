//! stub
use std::process::ExitCode;
#[derive(Debug, clap::Args)]
pub struct Demo {}
impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
