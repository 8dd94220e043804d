//! The `seconder` binary: all it does is call the library's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    seconder::cli::main(std::env::args_os())
}
