//! Thin: everything is in the library, so that tests can drive it.

fn main() -> std::process::ExitCode {
    breakglass::cli::main()
}
