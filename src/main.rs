//! The `seconder` binary: all it does is call the library's command line.

fn main() {}
